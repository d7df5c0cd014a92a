/* SPDX-License-Identifier: BSD-2-Clause */
/* gpart(8)'s requests by /dev/geom.ctl: a GPT is made, changed, written,
 * undone, mended and destroyed, on a memory disk. */
#include "files.h"

#include "fbsd/disk.h"
#include "fbsd/mdioctl.h"

enum { SYS_ioctl = 54, SYS_setuid = 23 };

struct arg {
	unsigned nlen;
	const char *name;
	long offset;
	int flag, len;
	const void *value;
	void *kernel;
};
struct req {
	unsigned version, serial, narg;
	struct arg *arg;
	unsigned lerror;
	char *error;
	void *table;
	int nerror;
	void *serror;
};
#define GEOM_CTL _IOW('G', 2, struct req)
#define RD	 1
#define WR	 2
#define TEXT	 4

#define MB	 (1024 * 1024l)
#define BAD	 ((void *)0x10)

static long ctl;
static char error[256], output[256], buf[16384], sector[512];
static struct arg args[16];
static unsigned nargs;

static void
put_bytes(const char *name, const void *value, size_t len)
{
	args[nargs++] = (struct arg){.nlen = (unsigned)length(name) + 1,
	    .name = name,
	    .flag = RD,
	    .len = (int)len,
	    .value = value};
}

static void
put_text(const char *name, const char *value)
{
	put_bytes(name, value, length(value) + 1);
	args[nargs - 1].flag = RD | TEXT;
}

static long
issue(void)
{
	struct req req = {.version = 2,
	    .narg = nargs,
	    .arg = args,
	    .lerror = sizeof(error),
	    .error = error};

	nargs = 0;
	return (SYS(SYS_ioctl, ctl, GEOM_CTL, &req));
}

/* A verb of class PART on md0; what else is needed comes before. */
static long
part(const char *verb)
{
	put_text("class", "PART");
	put_text("verb", verb);
	put_text("arg0", "md0");
	output[0] = '\0';
	put_bytes("output", output, sizeof(output));
	args[nargs - 1].flag = WR | TEXT;
	return (issue());
}

/* It fails, and says so. */
static bool
says(long ret, const char *want)
{
	if (ret == -EINVAL && same_text(error, want))
		return (true);
	say(error);
	say("\n");
	return (false);
}

static bool
tells(long ret, const char *want)
{
	if (ret == 0 && same_text(output, want))
		return (true);
	say(error);
	say(output);
	return (false);
}

static long
with_index(const char *verb, long index)
{
	put_bytes("index", &index, sizeof(index));
	put_text("flags", "C");
	return (part(verb));
}

static long
add(const char *type, const char *start, const char *size, const char *flags)
{
	put_text("type", type);
	put_text("start", start);
	put_text("size", size);
	put_text("flags", flags);
	return (part("add"));
}

static long
resize(long index, const char *size)
{
	put_text("size", size);
	return (with_index("resize", index));
}

static bool
contains(const char *text, size_t n, const char *word)
{
	for (size_t i = 0; i + length(word) <= n; i++)
		if (same(text + i, word, length(word)))
			return (true);
	return (false);
}

static bool
sysctl_has(const char *name, const char *word)
{
	size_t len = sizeof(buf);

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, name, length(name), buf, &len, 0, 0), 0);
	return (contains(buf, len, word));
}

static bool
tree_has(const char *word)
{
	return (sysctl_has("kern.geom.confxml", word));
}

/* The drawing has the same things. */
static void
drawing(void)
{
	const char *name = "kern.geom.confdot";

	CHECK(sysctl_has(name, "digraph geom {\n"));
	CHECK(sysctl_has(name, "label=\"MD\\nmd0\\nr#1\"];\n"));
	CHECK(sysctl_has(name, "label=\"PART\\nmd0\\nr#2\"];\n"));
	CHECK(sysctl_has(name, "[shape=hexagon,label=\"md0p2\\nr0w0e0\\n"));
	CHECK(sysctl_has(name, "[shape=hexagon,label=\"gpt/two\\nr0w0e0\\n"));
	CHECK(sysctl_has(name, "}\n"));
}

/* The size of a partition's device, or the error. */
static long
size_of(const char *path)
{
	long fd = SYS(SYS_open, path, O_RDONLY), size = -1;

	if (fd < 0)
		return (fd);
	CHECK_EQ(SYS(SYS_ioctl, fd, DIOCGMEDIASIZE, &size), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	return (size);
}

static void
disk(unsigned long cmd, long size, unsigned options)
{
	struct md_ioctl mio = {
	    .md_type = MD_SWAP, .md_mediasize = size, .md_options = options};
	long fd = SYS(SYS_open, "/dev/mdctl", O_RDWR);

	CHECK_EQ(SYS(SYS_ioctl, fd, cmd, &mio), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* Is there a table's header in a sector of the disk? */
static bool
header_in(long lba)
{
	long fd = SYS(SYS_open, "/dev/md0", O_RDONLY);

	CHECK_EQ(SYS(SYS_pread, fd, sector, 512, lba * 512), 512);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	return (same(sector, "EFI PART", 8));
}

static long
create(const char *scheme, const char *flags)
{
	put_text("scheme", scheme);
	put_text("flags", flags);
	return (part("create"));
}

static void
changes(void)
{
	long fd;

	CHECK(says(with_index("delete", 1), "22 arg0 'md0'"));
	CHECK(says(
	    create("MBR", "C"), "45 scheme 'MBR': only GPT can be made here"));
	CHECK(tells(create("GPT", "C"), "md0 created\n"));
	CHECK(header_in(1) && header_in(8 * MB / 512 - 1));
	CHECK(says(create("GPT", "C"), "17 geom 'md0'"));
	put_text("label", "one");
	CHECK(tells(add("freebsd-ufs", "40", "2048", "C"), "md0p1 added\n"));
	CHECK(tells(
	    add("!516e7cb5-6ecf-11d6-8ff8-00022d09712b", "4096", "2048", "C"),
	    "md0p2 added\n"));
	CHECK_EQ(size_of("/dev/md0p1"), MB);
	CHECK_EQ(size_of("/dev/gpt/one"), MB);
	CHECK_EQ(size_of("/dev/md0p2"), MB);
	CHECK(tree_has("<type>freebsd-swap</type>"));
	CHECK(says(add("no-such", "10000", "8", "C"), "22 type 'no-such'"));
	CHECK(says(add("efi", "33", "8", "C"), "22 start '33'"));
	CHECK(says(add("efi", "10000", "99999", "C"), "22 size '99999'"));
	CHECK(says(add("efi", "10000", "0", "C"), "22 size '0'"));
	CHECK(says(add("efi", "4000", "97", "C"), "28 end '4096'"));
	CHECK(says(add("efi", "41", "8", "C"), "28 start '41'"));
	CHECK(says(add("efi", "-1", "8", "C"), "22 start '-1'"));
	CHECK(says(add("efi", "99999999999999999999", "8", "C"),
	    "22 start '99999999999999999999'"));
	/* One that is open stays, but may grow. */
	fd = SYS(SYS_open, "/dev/md0p1", O_RDONLY);
	CHECK(says(with_index("delete", 1), "16"));
	CHECK(says(resize(1, "1000"), "16"));
	CHECK(tells(resize(1, "4056"), "md0p1 resized\n"));
	CHECK_EQ(size_of("/dev/md0p1"), 4056 * 512);
	CHECK(says(resize(1, "4057"), "28 end '4096'"));
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK(says(resize(3, "8"), "2 index '3'"));
	put_text("label", "two");
	CHECK(tells(with_index("modify", 1), "md0p1 modified\n"));
	CHECK_EQ(size_of("/dev/gpt/one"), -ENOENT);
	CHECK_EQ(size_of("/dev/gpt/two"), 4056 * 512);
	put_text("attrib", "bootonce");
	CHECK(tells(with_index("set", 1), "bootonce set on md0p1\n"));
	CHECK(tree_has("<attrib>bootme</attrib>\n<attrib>bootonce</attrib>"));
	put_text("attrib", "bootme");
	CHECK(tells(with_index("unset", 1), "bootme unset on md0p1\n"));
	CHECK(!tree_has("<attrib>bootme</attrib>"));
	CHECK(tells(with_index("delete", 2), "md0p2 deleted\n"));
	CHECK_EQ(size_of("/dev/md0p2"), -ENOENT);
}

/* What isn't written yet is there all the same. */
static void
waiting(void)
{
	CHECK(says(part("commit"), "1"));
	CHECK(says(part("undo"), "1"));
	CHECK(tells(add("efi", "5000", "8", "x"), "md0p2 added\n"));
	CHECK_EQ(size_of("/dev/md0p2"), 8 * 512);
	CHECK(tree_has("<modified>true</modified>"));
	CHECK_EQ(part("undo"), 0);
	CHECK_EQ(size_of("/dev/md0p2"), -ENOENT);
	CHECK(tree_has("<modified>false</modified>"));
	CHECK(tells(add("efi", "5000", "8", "x"), "md0p2 added\n"));
	CHECK_EQ(part("commit"), 0);
	CHECK_EQ(part("undo"), -EINVAL);
	CHECK_EQ(size_of("/dev/md0p2"), 8 * 512);
}

/* The second copy isn't at the end any more. */
static void
larger(void)
{
	disk(MDIOCRESIZE, 16 * MB, 0);
	CHECK(tree_has("<state>CORRUPT</state>"));
	CHECK(says(with_index("delete", 2), "1 table 'md0' is corrupt"));
	put_text("flags", "C");
	CHECK(tells(part("recover"), "md0 recovered\n"));
	CHECK(tree_has("<state>OK</state>"));
	CHECK(header_in(16 * MB / 512 - 1));
	put_text("flags", "C");
	CHECK(tells(part("recover"), "md0 recovering is not needed\n"));
	CHECK(tells(add("efi", "20000", "8", "C"), "md0p3 added\n"));
}

static void
bootcode(void)
{
	memset(buf, 'b', 512);
	put_bytes("bootcode", buf, 512);
	put_text("flags", "C");
	CHECK(tells(part("bootcode"), "bootcode written to md0\n"));
	CHECK(!header_in(0));
	CHECK(sector[0] == 'b' && sector[445] == 'b' && sector[446] != 'b' &&
	      sector[450] == '\xee' && sector[510] == 0x55);
	put_bytes("bootcode", buf, 513);
	CHECK(says(part("bootcode"), "27"));
}

static void
end(void)
{
	int force = 1;
	long fd;

	put_text("flags", "C");
	CHECK(says(part("destroy"), "16"));
	fd = SYS(SYS_open, "/dev/md0p3", O_RDONLY);
	put_bytes("force", &force, sizeof(force));
	CHECK(says(part("destroy"), "16"));
	CHECK_EQ(SYS(SYS_close, fd), 0);
	put_bytes("force", &force, sizeof(force));
	put_text("flags", "C");
	CHECK(tells(part("destroy"), "md0 destroyed\n"));
	CHECK(!header_in(1) && !header_in(16 * MB / 512 - 1));
	CHECK_EQ(size_of("/dev/md0p1"), -ENOENT);
	CHECK(!tree_has("<scheme>GPT</scheme>"));
}

static void
errors(void)
{
	struct req req = {.version = 2, .lerror = 1, .error = error};
	long pid, status = 0;

	CHECK_EQ(SYS(SYS_ioctl, ctl, GEOM_CTL, BAD), -EFAULT);
	CHECK_EQ(SYS(SYS_ioctl, ctl, _IO('G', 9), 0), -ENOTTY);
	CHECK_EQ(SYS(SYS_ioctl, ctl, GEOM_CTL, &req), -EINVAL);
	req.lerror = sizeof(error);
	req.error = BAD;
	CHECK_EQ(SYS(SYS_ioctl, ctl, GEOM_CTL, &req), -EINVAL);
	req.error = error;
	req.version = 1;
	CHECK(says(SYS(SYS_ioctl, ctl, GEOM_CTL, &req),
	    "kernel and libgeom version mismatch."));
	req.version = 2;
	req.narg = 4000000000u;
	CHECK(says(SYS(SYS_ioctl, ctl, GEOM_CTL, &req), "too many arguments"));
	req.narg = 3;
	req.arg = BAD;
	CHECK_EQ(SYS(SYS_ioctl, ctl, GEOM_CTL, &req), -EFAULT);
	CHECK(says(issue(), "Missing class argument"));
	put_text("class", "PART");
	CHECK(says(issue(), "Verb missing"));
	put_text("class", "MIRROR");
	put_text("verb", "label");
	CHECK(says(issue(), "Class not found: \"MIRROR\""));
	put_text("class", "LABEL");
	put_text("verb", "create");
	CHECK(says(issue(), "Class takes no requests"));
	CHECK(says(part("move"), "78 verb 'move'"));
	CHECK(says(part("jump"), "22 verb 'jump'"));
	put_text("class", "PART");
	put_text("verb", "delete");
	CHECK(says(issue(), "87 param 'arg0'"));
	put_text("class", "PART");
	put_text("verb", "delete");
	put_text("arg0", "/dev/nope");
	CHECK(says(issue(), "22 arg0 '/dev/nope'"));
	/* Bad lengths, bad pointers, no end. */
	for (int i = 0; i < 5; i++) {
		put_text("class", "PART");
		args[0].nlen = i == 0 ? 0 : i == 1 ? 99999 : args[0].nlen;
		args[0].len = i == 2 ? -5 : i == 3 ? INT32_MAX : args[0].len;
		args[0].name = i == 4 ? BAD : args[0].name;
		CHECK(issue() < 0);
	}
	put_text("class", "PART");
	args[0].len = 4;
	CHECK(says(issue(), "unterminated argument"));
	pid = SYS(SYS_fork);
	if (pid == 0) {
		CHECK_EQ(SYS(SYS_setuid, 1001), 0);
		CHECK(says(create("GPT", "C"), "1 verb 'create'"));
		CHECK_EQ(SYS(SYS_open, "/dev/geom.ctl", O_RDONLY), -EACCES);
		SYS(SYS_exit, failures);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

/* A disk goes while its table waits to be written. */
static void
gone(void)
{
	CHECK(tells(create("GPT", "x"), "md0 created\n"));
	CHECK(tells(add("efi", "2000", "8", "x"), "md0p1 added\n"));
	CHECK(!header_in(1));
	disk(MDIOCDETACH, 0, 0);
	CHECK(says(part("commit"), "22 arg0 'md0'"));
	CHECK_EQ(size_of("/dev/md0p1"), -ENOENT);
	disk(MDIOCATTACH, 8 * MB, 0);
	CHECK(says(part("commit"), "1"));
	CHECK_EQ(size_of("/dev/md0p1"), -ENOENT);
	disk(MDIOCDETACH, 0, 0);
}

int
main(int argc, char **argv)
{
	ctl = SYS(SYS_open, "/dev/geom.ctl", O_RDONLY);
	CHECK(ctl >= 0);
	disk(MDIOCATTACH, 8 * MB, 0);
	changes();
	waiting();
	drawing();
	larger();
	bootcode();
	end();
	errors();
	gone();
	return (result("gparts"));
}
