/* SPDX-License-Identifier: BSD-2-Clause */
/* What devd(8) hears by /dev/devctl, the tree of devices that devinfo(8) shows,
 * and devctl(8)'s requests. */
#include "files.h"

#include "fbsd/mdioctl.h"
#include "fbsd/poll.h"

enum { SYS_ioctl = 54, SYS_poll = 209, SYS_setuid = 23 };

struct devreq {
	char name[128];
	int flags;
	void *buffer;
	size_t length;
};
#define DEV(n) _IOW('D', (n), struct devreq)

static char line[1024];
static long events;

static bool
next_is(const char *want)
{
	long n = SYS(SYS_read, events, line, sizeof(line));

	if (n == (long)length(want) && same(line, want, (size_t)n))
		return (true);
	if (n > 0)
		(void)SYS(SYS_write, 1, line, n);
	return (false);
}

static void
change(long ctl, unsigned long cmd)
{
	struct md_ioctl mio = {.md_type = MD_SWAP,
	    .md_mediasize = cmd == MDIOCDETACH	 ? 0
			    : cmd == MDIOCRESIZE ? 2 << 20
						 : 1 << 20,
	    .md_unit = 5};

	CHECK_EQ(SYS(SYS_ioctl, ctl, cmd, &mio), 0);
}

static void
lines(void)
{
	long ctl = SYS(SYS_open, "/dev/mdctl", O_RDWR);
	struct pollfd pfd;

	events = SYS(SYS_open, "/dev/devctl", O_RDONLY | O_NONBLOCK);
	CHECK(events >= 0);
	CHECK_EQ(SYS(SYS_open, "/dev/devctl", O_RDONLY), -EBUSY);
	CHECK_EQ(SYS(SYS_read, events, line, sizeof(line)), -EAGAIN);
	pfd = (struct pollfd){.fd = (int)events, .events = POLLIN};
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 0);
	change(ctl, MDIOCATTACH);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 1);
	CHECK(next_is("!system=DEVFS subsystem=CDEV type=CREATE cdev=md5\n"));
	CHECK(next_is("!system=GEOM subsystem=DEV type=CREATE cdev=md5\n"));
	change(ctl, MDIOCRESIZE);
	CHECK(next_is("!system=GEOM subsystem=DEV type=SIZECHANGE cdev=md5\n"));
	/* What happens while nobody listens is kept. */
	CHECK_EQ(SYS(SYS_close, events), 0);
	change(ctl, MDIOCDETACH);
	events = SYS(SYS_open, "/dev/devctl", O_RDONLY | O_NONBLOCK);
	CHECK(next_is("!system=GEOM subsystem=DEV type=DESTROY cdev=md5\n"));
	/* A line is read as a whole. */
	CHECK_EQ(SYS(SYS_read, events, line, 7), 7);
	CHECK_EQ(SYS(SYS_read, events, line, sizeof(line)), -EAGAIN);
	/* Too many: the oldest go. */
	CHECK_EQ(set_sysctl("hw.bus.devctl_queue", -1), -EINVAL);
	CHECK_EQ(set_sysctl("hw.bus.devctl_queue", 3), 0);
	change(ctl, MDIOCATTACH);
	change(ctl, MDIOCRESIZE);
	change(ctl, MDIOCDETACH);
	CHECK(next_is("!system=GEOM subsystem=DEV type=SIZECHANGE cdev=md5\n"));
	CHECK_EQ(set_sysctl("hw.bus.devctl_queue", 0), 0);
	CHECK_EQ(SYS(SYS_read, events, line, sizeof(line)), -EAGAIN);
	change(ctl, MDIOCATTACH);
	change(ctl, MDIOCDETACH);
	CHECK_EQ(SYS(SYS_read, events, line, sizeof(line)), -EAGAIN);
	CHECK_EQ(SYS(SYS_close, events), 0);
	CHECK_EQ(SYS(SYS_close, ctl), 0);
}

struct device {
	unsigned long handle, parent;
	unsigned devflags;
	unsigned short flags;
	int state;
	char fields[3076];
};
_Static_assert(sizeof(struct device) == 3104, "u_device");

/* hw.bus.devices with two numbers behind it. */
static long
device_at(int generation, int i, struct device *d)
{
	const char *name = "hw.bus.devices";
	int find[2] = {0, 3}, oid[16];
	size_t len = sizeof(oid), size = sizeof(*d);
	long error;

	error = SYS(SYS___sysctl, find, 2, oid, &len, name, length(name));
	if (error != 0)
		return (error);
	len /= sizeof(int);
	oid[len] = generation;
	oid[len + 1] = i;
	return (SYS(SYS___sysctl, oid, len + 2, d, &size, 0, 0));
}

/* Each is behind its parent; there is a console or an entropy device. */
static void
devices(void)
{
	static struct device d[64];
	int info[2] = {0, 0}, n = 0, known, virtio = 0;
	size_t size = sizeof(info);

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "hw.bus.info", 11, info, &size, 0, 0), 0);
	CHECK_EQ(info[0], 2);
	while (n < 64 && device_at(info[1], n, &d[n]) == 0) {
		for (known = 0; known < n && d[known].handle != d[n].parent;)
			known++;
		CHECK(n == 0 ? d[n].parent == 0 : known < n);
		CHECK_EQ(d[n].state, 30);
		virtio += same_text(d[n].fields, "virtio_mmio0");
		n++;
	}
	CHECK(n > 3 && n < 64);
	CHECK(same_text(d[0].fields, "root0"));
	CHECK_EQ(virtio, 1);
	CHECK_EQ(device_at(info[1], n, d), -ENOENT);
	CHECK_EQ(device_at(info[1], -1, d), -ENOENT);
	CHECK_EQ(device_at(info[1] + 1, 0, d), -EINVAL);
}

static void
requests(void)
{
	long fd = SYS(SYS_open, "/dev/devctl2", O_RDONLY), pid, status = 0;
	struct devreq dr = {.name = "virtio_mmio0"};

	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(1), &dr), -EBUSY);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(2), &dr), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(6), &dr), -EINVAL);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(15), &dr), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(0), &dr), -ENOTTY);
	dr.name[0] = 'x';
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(1), &dr), -ENOENT);
	memset(&dr, 'v', sizeof(dr));
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(1), &dr), -EINVAL);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(12), &dr), -EBUSY);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(11), &dr), 0);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(11), &dr), -EBUSY);
	CHECK_EQ(SYS(SYS_ioctl, fd, DEV(12), &dr), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		CHECK_EQ(SYS(SYS_setuid, 1001), 0);
		CHECK_EQ(SYS(SYS_ioctl, fd, DEV(11), &dr), -EPERM);
		CHECK_EQ(SYS(SYS_open, "/dev/devctl", O_RDONLY), -EACCES);
		SYS(SYS_exit, failures);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

int
main(int argc, char **argv)
{
	lines();
	devices();
	requests();
	return (result("devctl"));
}
