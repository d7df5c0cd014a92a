/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of devices for programs: hw.bus.devices, for devinfo(8), and
 * /dev/devctl2, for devctl(8).  Devices are there from the beginning and stay:
 * what would take one away, or give it another driver, says that it can't be.
 */
#include "core/device.h"
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "fbsd/filio.h"
#include "file/cdev.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define BUS_VERSION    2
#define BUS_GENERATION 1 /* nothing comes or goes */
#define DS_ATTACHED    30
#define DF_ENABLED     1

/* FreeBSD's struct u_device: texts one behind the other. */
struct user_device {
	uint64_t ud_handle;
	uint64_t ud_parent;
	uint32_t ud_devflags;
	uint16_t ud_flags;
	int32_t ud_state;
	char ud_fields[3 * 1024];
};
_Static_assert(sizeof(struct user_device) == 3104, "u_device");

static int
sysctl_info(const struct sysctl_node *node, struct sysctl_req *req)
{
	const int info[2] = {BUS_VERSION, BUS_GENERATION};

	return (sysctl_out(req, info, sizeof(info)));
}

static void
fill_user(const struct device *dv, struct user_device *ud)
{
	char text[5][160] = {"", "", "", "", ""};
	char *p = ud->ud_fields;

	ud->ud_handle = device_number(dv);
	ud->ud_parent = device_number(dv->dv_parent);
	ud->ud_flags = DF_ENABLED;
	ud->ud_state = DS_ATTACHED;
	device_name(dv, text[0], sizeof(text[0]));
	if (dv->dv_desc != NULL)
		strlcpy(text[1], dv->dv_desc, sizeof(text[1]));
	strlcpy(text[2], dv->dv_name, sizeof(text[2]));
	if (dv->dv_pnpinfo != NULL)
		dv->dv_pnpinfo(dv, text[3], sizeof(text[3]));
	for (unsigned i = 0; i < nitems(text); i++) {
		memcpy(p, text[i], strlen(text[i]) + 1);
		p += strlen(text[i]) + 1;
	}
}

/* Below it, a generation and an index. */
static int
sysctl_devices(const struct sysctl_node *node, struct sysctl_req *req)
{
	const struct device *dv;
	struct user_device *ud;
	int error;

	if (req->namelen != 2 || req->name[0] != BUS_GENERATION)
		return (EINVAL);
	dv = req->name[1] >= 0 ? device_at((unsigned)req->name[1]) : NULL;
	if (dv == NULL)
		return (ENOENT);
	ud = kmem_alloc(sizeof(*ud), KM_ZERO);
	if (ud == NULL)
		return (ENOMEM);
	fill_user(dv, ud);
	error = sysctl_out(req, ud, sizeof(*ud));
	kmem_free(ud, sizeof(*ud));
	return (error);
}

/* Nobody manages what devices occupy: each has a place of its own. */
static int
sysctl_rman(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (req->namelen != 3 || req->name[0] != BUS_GENERATION ? EINVAL
								    : ENOENT);
}

SYSCTL_PROC(bus_info, "hw.bus.info", CTL_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,u_businfo", sysctl_info, NULL);
SYSCTL_PROC(bus_devices, "hw.bus.devices", CTL_AUTO, CTLTYPE_NODE | CTLFLAG_RD,
    "S,u_device", sysctl_devices, NULL);
SYSCTL_PROC(bus_rman, "hw.bus.rman", CTL_AUTO, CTLTYPE_NODE | CTLFLAG_RD,
    "S,u_rman", sysctl_rman, NULL);

struct devreq {
	char dr_name[128];
	int32_t dr_flags;
	uint64_t dr_buffer, dr_length;
};
_Static_assert(sizeof(struct devreq) == 152, "devreq");

#define DEV_ATTACH	 _IOW('D', 1, struct devreq)
#define DEV_DETACH	 _IOW('D', 2, struct devreq)
#define DEV_ENABLE	 _IOW('D', 3, struct devreq)
#define DEV_DISABLE	 _IOW('D', 4, struct devreq)
#define DEV_SUSPEND	 _IOW('D', 5, struct devreq)
#define DEV_RESUME	 _IOW('D', 6, struct devreq)
#define DEV_SET_DRIVER	 _IOW('D', 7, struct devreq)
#define DEV_CLEAR_DRIVER _IOW('D', 8, struct devreq)
#define DEV_RESCAN	 _IOW('D', 9, struct devreq)
#define DEV_DELETE	 _IOW('D', 10, struct devreq)
#define DEV_FREEZE	 _IOW('D', 11, struct devreq)
#define DEV_THAW	 _IOW('D', 12, struct devreq)
#define DEV_RESET	 _IOW('D', 13, struct devreq)

/* While drivers are loaded devices wait for the last of them; there are none to
 * wait.  (a) */
static bool frozen;

static int
freeze(bool freeze)
{
	bool other = !freeze;

	return (atomic_cas(&frozen, &other, freeze) ? 0 : EBUSY);
}

/* Of a device that there is. */
static int
answer(unsigned long cmd)
{
	switch (cmd) {
	case DEV_ATTACH: /* it is */
	case DEV_ENABLE:
		return (EBUSY);
	case DEV_RESUME: /* it isn't suspended */
	case DEV_CLEAR_DRIVER:
		return (EINVAL);
	case DEV_RESCAN:
		return (ENXIO);
	default:
		return (EOPNOTSUPP);
	}
}

static int
devctl2_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	const struct devreq *dr = data;
	int error;

	/* Their numbers follow each other. */
	if (cmd < DEV_ATTACH || cmd > DEV_RESET)
		return (ENOTTY);
	error = priv_check(td);
	if (error != 0)
		return (error);
	if (cmd == DEV_FREEZE || cmd == DEV_THAW)
		return (freeze(cmd == DEV_FREEZE));
	if (memchr(dr->dr_name, '\0', sizeof(dr->dr_name)) == NULL)
		return (EINVAL);
	return (device_find(dr->dr_name) != NULL ? answer(cmd) : ENOENT);
}

static const struct fileops devctl2_fileops = {
    .fo_ioctl = devctl2_ioctl, .fo_passable = true, .fo_device = true};

static void
devctl2_attach(void)
{
	(void)make_dev(&devctl2_fileops, NULL, 0644, 0, 0, "devctl2");
}

static const struct driver devctl2_driver = {
    .d_name = "devctl2", .d_attach = devctl2_attach, .d_late = true};
DRIVER_SET(devctl2_driver);
