/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of devfs(8): sets of them, what they match and do, and mounts that
 * use them. */
#include "files.h"

#include "fbsd/devfsio.h"
#include "fbsd/mdioctl.h"
#include "mounting.h"

enum { SYS_ioctl = 54, SYS_setuid = 23 };

#define ID(set, rule) ((uint32_t)(set) << 16 | (rule))

static long dev; /* the mount under test */

static void
set_pattern(struct devfs_rule *dr, const char *pattern)
{
	dr->dr_icond |= DRC_PATHPTRN;
	memcpy(dr->dr_pathptrn, pattern, length(pattern) + 1);
}

static long
rule(unsigned long cmd, struct devfs_rule *dr)
{
	dr->dr_magic = DEVFS_MAGIC;
	return (SYS(SYS_ioctl, dev, cmd, dr));
}

static long
add(uint32_t id, const char *pattern, int bacts)
{
	struct devfs_rule dr = {
	    .dr_id = id, .dr_iacts = DRA_BACTS, .dr_bacts = bacts};

	if (pattern != NULL)
		set_pattern(&dr, pattern);
	return (rule(DEVFSIO_RADD, &dr));
}

static long
apply(const char *pattern, int bacts)
{
	struct devfs_rule dr = {.dr_iacts = DRA_BACTS, .dr_bacts = bacts};

	if (pattern != NULL)
		set_pattern(&dr, pattern);
	return (rule(DEVFSIO_RAPPLY, &dr));
}

static long
by_id(unsigned long cmd, uint32_t id)
{
	return (SYS(SYS_ioctl, dev, cmd, &id));
}

static long
by_set(unsigned long cmd, uint16_t set)
{
	return (SYS(SYS_ioctl, dev, cmd, &set));
}

/* The number of the set or rule behind that one, or the error. */
static long
set_behind(uint16_t set)
{
	long error = SYS(SYS_ioctl, dev, DEVFSIO_SGETNEXT, &set);

	return (error != 0 ? error : set);
}

static long
rule_behind(uint32_t id)
{
	struct devfs_rule dr = {.dr_id = id};
	long error = rule(DEVFSIO_RGETNEXT, &dr);

	return (error != 0 ? error : (long)dr.dr_id);
}

static bool
there(const char *path)
{
	struct stat st;

	return (
	    SYS(SYS_fstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0);
}

/* How many names a folder has, but for "." and "..". */
static int
names(const char *path)
{
	static char buf[8192];
	long fd = SYS(SYS_open, path, O_RDONLY), n, base;
	int count = -2;

	while ((n = SYS(SYS_getdirentries, fd, buf, sizeof(buf), &base)) > 0)
		for (long at = 0; at < n;
		     at += ((struct dirent *)(void *)(buf + at))->d_reclen)
			count++;
	CHECK_EQ(SYS(SYS_close, fd), 0);
	return (count);
}

static void
sets(void)
{
	struct devfs_rule dr = {.dr_id = ID(40, 7)};

	CHECK_EQ(set_behind(0), -ENOENT);
	CHECK_EQ(rule_behind(ID(40, 0)), -ENOENT);
	CHECK_EQ(add(ID(40, 0), "a", DRB_HIDE), 0);
	CHECK_EQ(add(ID(40, 0), "b", DRB_HIDE), 0);
	CHECK_EQ(add(ID(40, 7), "c", DRB_HIDE), 0);
	CHECK_EQ(add(ID(40, 7), "c", DRB_HIDE), -EEXIST);
	CHECK_EQ(add(ID(40, 65535), "d", DRB_HIDE), 0);
	CHECK_EQ(add(ID(40, 0), "e", DRB_HIDE), -ERANGE);
	CHECK_EQ(add(ID(0, 3), "e", DRB_HIDE), -EIO);
	CHECK_EQ(add(ID(30, 5), "e", DRB_HIDE), 0);
	CHECK_EQ(set_behind(0), 30);
	CHECK_EQ(set_behind(30), 40);
	CHECK_EQ(set_behind(40), -ENOENT);
	CHECK_EQ(set_behind(65535), -ENOENT);
	CHECK_EQ(rule_behind(ID(40, 0)), ID(40, 7));
	CHECK_EQ(rule_behind(ID(40, 7)), ID(40, 100));
	CHECK_EQ(rule_behind(ID(40, 100)), ID(40, 200));
	CHECK_EQ(rule_behind(ID(40, 200)), ID(40, 65535));
	CHECK_EQ(rule_behind(ID(40, 65535)), -ENOENT);
	dr.dr_id--;
	CHECK_EQ(rule(DEVFSIO_RGETNEXT, &dr), 0);
	CHECK(same_text(dr.dr_pathptrn, "c") && dr.dr_icond == DRC_PATHPTRN);
	CHECK_EQ(by_id(DEVFSIO_RDEL, ID(40, 8)), -ENOENT);
	CHECK_EQ(by_id(DEVFSIO_RAPPLYID, ID(41, 7)), -ENOENT);
	CHECK_EQ(by_set(DEVFSIO_SAPPLY, 41), -ESRCH);
	CHECK_EQ(by_id(DEVFSIO_RDEL, ID(30, 5)), 0);
	CHECK_EQ(set_behind(0), 40);
	while (rule_behind(ID(40, 0)) > 0)
		CHECK_EQ(
		    by_id(DEVFSIO_RDEL, (uint32_t)rule_behind(ID(40, 0))), 0);
	CHECK_EQ(set_behind(0), -ENOENT);
}

/* Does a pattern match a name?  A link of that name goes. */
static bool
matches(const char *pattern, const char *name)
{
	static char path[80] = "/mnt/";
	bool hidden;

	memcpy(path + 5, name, length(name) + 1);
	CHECK_EQ(SYS(SYS_symlink, "x", path), 0);
	CHECK_EQ(apply(pattern, DRB_HIDE), 0);
	hidden = !there(path);
	CHECK_EQ(apply(NULL, DRB_UNHIDE), 0);
	CHECK_EQ(SYS(SYS_unlink, path), 0);
	return (hidden);
}

static void
patterns(void)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} cases[] = {{"abc", "abc", true}, {"abc", "abcd", false},
	    {"abcd", "abc", false}, {"a*", "abc", true}, {"*", "abc", true},
	    {"*c", "abc", true}, {"*b", "abc", false}, {"a*c*e", "abcde", true},
	    {"a*c*f", "abcde", false}, {"a?c", "abc", true},
	    {"a?c", "ac", false}, {"a[bx]c", "abc", true},
	    {"a[!bx]c", "abc", false}, {"a[!x]c", "abc", true},
	    {"a[a-c]c", "abc", true}, {"a[c-e]c", "abc", false},
	    {"a[]b]c", "abc", true}, {"a[b", "a[b", true}, {"a[b", "ab", false},
	    {"a\\*", "a*", true}, {"a\\*", "ab", false}, {"\\a", "a", true},
	    {"a\\", "a\\", true}, {"", "a", false}, {"*/a", "a", false},
	    {"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		false}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (matches(cases[i].pattern, cases[i].name) !=
		    cases[i].match) {
			say(cases[i].pattern);
			CHECK(false);
		}
	/* A slash is none of a name's characters. */
	CHECK_EQ(apply("f*", DRB_HIDE), 0);
	CHECK(!there("/mnt/fd") && !there("/mnt/full") && there("/mnt/null"));
	CHECK_EQ(apply("*", DRB_UNHIDE), 0);
	CHECK_EQ(apply("fd?0", DRB_HIDE), 0);
	CHECK(there("/mnt/fd/0"));
	CHECK_EQ(apply("fd/[0-1]", DRB_HIDE), 0);
	CHECK(!there("/mnt/fd/0") && !there("/mnt/fd/1") && there("/mnt/fd/2"));
	CHECK_EQ(apply("*/*", DRB_UNHIDE), 0);
	CHECK(there("/mnt/fd/0"));
}

static void
actions(void)
{
	struct devfs_rule dr = {.dr_iacts = DRA_UID | DRA_GID | DRA_MODE,
	    .dr_uid = 12,
	    .dr_gid = 34,
	    .dr_mode = 0621};
	struct stat st = {0};
	int all = names("/mnt");

	set_pattern(&dr, "null");
	CHECK_EQ(rule(DEVFSIO_RAPPLY, &dr), 0);
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, "/mnt/null", &st, 0), 0);
	CHECK(st.st_uid == 12 && st.st_gid == 34);
	CHECK_EQ(st.st_mode & 07777, 0621);
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, "/dev/null", &st, 0), 0);
	CHECK_EQ(st.st_uid, 0);
	dr = (struct devfs_rule){.dr_icond = DRC_DSWFLAGS,
	    .dr_dswflags = D_MEM,
	    .dr_iacts = DRA_BACTS,
	    .dr_bacts = DRB_HIDE};
	CHECK_EQ(rule(DEVFSIO_RAPPLY, &dr), 0);
	CHECK(!there("/mnt/null") && !there("/mnt/zero") && there("/mnt/fd"));
	CHECK(there("/mnt/stdin") && there("/mnt/klog"));
	CHECK(names("/mnt") < all);
	/* Open ones stay so; nobody makes a device of a hidden one's name. */
	CHECK_EQ(SYS(SYS_symlink, "zero", "/mnt/null"), 0);
	CHECK_EQ(apply(NULL, DRB_UNHIDE), 0);
	CHECK_EQ(names("/mnt"), all);
	CHECK_EQ(
	    SYS(SYS_fstatat, AT_FDCWD, "/mnt/null", &st, AT_SYMLINK_NOFOLLOW),
	    0);
	CHECK_EQ(st.st_mode & S_IFMT, S_IFLNK);
	CHECK_EQ(SYS(SYS_unlink, "/mnt/null"), 0);
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, "/mnt/null", &st, 0), 0);
	CHECK_EQ(st.st_mode & 07777, 0621);
	CHECK_EQ(names("/mnt"), all);
}

/* Sets within sets, as those of /etc/defaults/devfs.rules; also in circles. */
static void
included(void)
{
	struct devfs_rule dr = {
	    .dr_id = ID(4, 0), .dr_iacts = DRA_INCSET, .dr_incset = 9};

	CHECK_EQ(rule(DEVFSIO_RADD, &dr), -ESRCH);
	CHECK_EQ(rule(DEVFSIO_RAPPLY, &dr), -ESRCH);
	CHECK_EQ(set_behind(0), -ENOENT);
	CHECK_EQ(add(ID(1, 0), NULL, DRB_HIDE), 0);
	CHECK_EQ(add(ID(2, 0), "null", DRB_UNHIDE), 0);
	dr.dr_incset = 1;
	CHECK_EQ(rule(DEVFSIO_RADD, &dr), 0);
	dr.dr_id = ID(4, 0);
	dr.dr_incset = 2;
	CHECK_EQ(rule(DEVFSIO_RADD, &dr), 0);
	CHECK_EQ(by_set(DEVFSIO_SAPPLY, 4), 0);
	CHECK(there("/mnt/null") && !there("/mnt/zero") && !there("/mnt/fd"));
	CHECK_EQ(names("/mnt"), 1);
	CHECK_EQ(apply(NULL, DRB_UNHIDE), 0);
	/* An included set stays without its rules. */
	CHECK_EQ(by_id(DEVFSIO_RDEL, ID(1, 100)), 0);
	CHECK_EQ(set_behind(0), 1);
	CHECK_EQ(set_sysctl("vfs.devfs.rule_depth", 1000000), 0);
	for (unsigned i = 0; i < 30; i++) {
		dr.dr_id = ID(4, 0);
		dr.dr_incset = 4;
		CHECK_EQ(rule(DEVFSIO_RADD, &dr), 0);
	}
	CHECK_EQ(by_set(DEVFSIO_SAPPLY, 4), 0);
	CHECK_EQ(set_sysctl("vfs.devfs.rule_depth", 1), 0);
	for (uint16_t set = 1; set <= 4; set++)
		while (rule_behind(ID(set, 0)) > 0)
			CHECK_EQ(by_id(DEVFSIO_RDEL,
				     (uint32_t)rule_behind(ID(set, 0))),
			    0);
	CHECK_EQ(set_behind(0), -ENOENT);
}

/* What comes later goes by the mount's set. */
static void
used(void)
{
	struct md_ioctl mio = {
	    .md_type = MD_SWAP, .md_mediasize = 1 << 20, .md_unit = 3};
	long ctl = SYS(SYS_open, "/dev/mdctl", O_RDWR);

	CHECK_EQ(by_set(DEVFSIO_SUSE, 12), 0);
	CHECK_EQ(set_behind(0), 12);
	/* Set 0 is the mount's own. */
	CHECK_EQ(add(ID(0, 5), "md*", DRB_HIDE), 0);
	CHECK_EQ(rule_behind(ID(12, 0)), ID(12, 5));
	CHECK_EQ(SYS(SYS_ioctl, ctl, MDIOCATTACH, &mio), 0);
	CHECK(there("/dev/md3") && !there("/mnt/md3") && there("/mnt/mdctl"));
	CHECK_EQ(by_set(DEVFSIO_SAPPLY, 0), 0);
	CHECK(!there("/mnt/mdctl"));
	mio.md_mediasize = 0;
	CHECK_EQ(SYS(SYS_ioctl, ctl, MDIOCDETACH, &mio), 0);
	CHECK_EQ(SYS(SYS_close, ctl), 0);
	/* Another mount, from its beginning. */
	CHECK_EQ(MOUNT("devfs", "/other", "ruleset", "70000"), -EINVAL);
	CHECK_EQ(MOUNT("devfs", "/other", "ruleset", "12"), 0);
	CHECK(!there("/other/mdctl") && there("/other/null"));
	CHECK_EQ(by_set(DEVFSIO_SUSE, 0), 0);
	CHECK_EQ(by_id(DEVFSIO_RDEL, ID(12, 5)), 0);
	CHECK_EQ(set_behind(0), 12);
	CHECK_EQ(SYS(SYS_unmount, "/other", 0), 0);
	CHECK_EQ(set_behind(0), -ENOENT);
	CHECK_EQ(apply(NULL, DRB_UNHIDE), 0);
}

static void
errors(void)
{
	struct devfs_rule dr = {.dr_magic = 1};
	long pid, status = 0;

	CHECK_EQ(SYS(SYS_ioctl, dev, DEVFSIO_RADD, &dr), -ERPCMISMATCH);
	CHECK_EQ(SYS(SYS_ioctl, dev, DEVFSIO_RADD, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_ioctl, dev, _IO('D', 99), 0), -ENOTTY);
	/* A pattern without an end. */
	memset(&dr, 'x', sizeof(dr));
	dr.dr_id = ID(5, 5);
	dr.dr_iacts = 0;
	CHECK_EQ(rule(DEVFSIO_RADD, &dr), 0);
	CHECK_EQ(by_set(DEVFSIO_SAPPLY, 5), 0);
	CHECK_EQ(by_id(DEVFSIO_RDEL, ID(5, 5)), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		CHECK_EQ(SYS(SYS_setuid, 1001), 0);
		CHECK_EQ(set_behind(0), -EPERM);
		CHECK_EQ(add(ID(6, 6), "null", DRB_HIDE), -EPERM);
		SYS(SYS_exit, failures);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

/* ioctl(2) knows what kind of device it is. */
static void
kinds(void)
{
	static const struct {
		const char *path;
		int type;
	} kind[] = {{"/dev/null", D_MEM}, {"/dev/klog", 0}, {"/dev/mdctl", 0},
	    {"/dev/ptmx", D_TTY}};
	long fd;
	int type;

	for (unsigned i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		fd = SYS(SYS_open, kind[i].path, O_RDONLY);
		type = -1;
		CHECK_EQ(SYS(SYS_ioctl, fd, FIODTYPE, &type), 0);
		CHECK_EQ(type, kind[i].type);
		CHECK_EQ(SYS(SYS_close, fd), 0);
	}
	CHECK_EQ(SYS(SYS_ioctl, dev, FIODTYPE, &type), -ENOTTY);
}

int
main(int argc, char **argv)
{
	(void)SYS(SYS_mkdir, "/mnt", 0755);
	(void)SYS(SYS_mkdir, "/other", 0755);
	CHECK_EQ(MOUNT("devfs", "/mnt"), 0);
	dev = SYS(SYS_open, "/mnt", O_RDONLY);
	CHECK(dev >= 0);
	sets();
	patterns();
	actions();
	included();
	used();
	errors();
	kinds();
	CHECK_EQ(SYS(SYS_close, dev), 0);
	CHECK_EQ(SYS(SYS_unmount, "/mnt", 0), 0);
	return (result("devrules"));
}
