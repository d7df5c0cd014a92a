/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists on a UFS2 disk, of both kinds: who may do what, modes in
 * step, what new files inherit, what stays over an unmount, what makes no
 * sense.  The disk is empty and small.
 */
#include <dirent.h>
#include <sys/extattr.h>
#include <sys/syscall.h>
#include <sys/sysctl.h>
#include <sys/wait.h>

#include "mounted.h"
#include "fbsd/num/acl.h"

#define ON		"/mnt"
#define NOBODY		1000 /* two users, of whom */
#define OTHER		1001
#define GROUP		2000 /* the second is in this group */
#define NO_ID		ACL_UNDEFINED_ID
#define ALLOW		ACL_ENTRY_TYPE_ALLOW
#define DENY		ACL_ENTRY_TYPE_DENY

#define PC_ACL_EXTENDED 59
#define PC_ACL_PATH_MAX 60
#define PC_ACL_NFS4	64

enum {
	SYS___acl_get_file = 347,
	SYS___acl_set_file = 348,
	SYS___acl_get_fd = 349,
	SYS___acl_set_fd = 350,
	SYS___acl_delete_file = 351,
	SYS___acl_delete_fd = 352,
	SYS___acl_aclcheck_file = 353,
	SYS___acl_delete_link = 427,
};

static int failures;
#define CHECK(x) check((x), #x, __LINE__)

static void
check(bool good, const char *what, int line)
{
	if (good)
		return;
	failures++;
	printf("line %d: not true: %s (errno %d)\n", line, what, errno);
}

static bool
fails(long result, int error)
{
	return (result == -1 && errno == error);
}

static void
start(void)
{
	CHECK(mount_disk("ufs", DISK, ON, false) == 0);
}

static void
again(const char *option)
{
	CHECK(unmount_disk(ON) == 0);
	start();
	CHECK(update_disk(ON, option, NULL) == 0);
}

static long
knows(int name)
{
	return (syscall(SYS_pathconf, ON, name));
}

static struct acl acl, got;

static void
empty(void)
{
	memset(&acl, 0, sizeof(acl));
	acl.acl_maxcnt = ACL_MAX_ENTRIES;
}

static void
entry(uint32_t tag, uid_t id, uint32_t perm, unsigned type, unsigned flags)
{
	acl.acl_entry[acl.acl_cnt++] =
	    (struct acl_entry){tag, id, perm, (uint16_t)type, (uint16_t)flags};
}

static long
set(const char *path, int type)
{
	return (syscall(SYS___acl_set_file, path, type, &acl));
}

static long
get(const char *path, int type)
{
	memset(&got, 0, sizeof(got));
	got.acl_maxcnt = ACL_MAX_ENTRIES;
	return (syscall(SYS___acl_get_file, path, type, &got));
}

/* The rights of the entry about that one in what get() had; -1: none. */
static long
perm_of(uint32_t tag, uid_t id)
{
	for (unsigned i = 0; i < got.acl_cnt; i++)
		if (got.acl_entry[i].ae_tag == tag &&
		    got.acl_entry[i].ae_id == id)
			return (got.acl_entry[i].ae_perm);
	return (-1);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	return (st.st_mode & 07777);
}

static int
make(const char *path, mode_t mode)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, mode);

	return (fd < 0 ? -1 : close(fd));
}

/* As somebody else: 0 or an errno of what is tried. */
static int
as(uid_t uid, int (*try)(const char *path), const char *path)
{
	const gid_t group = GROUP;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		must(setgroups(uid == OTHER, &group) == 0, "setgroups");
		must(setgid(uid) == 0 && setuid(uid) == 0, "setuid");
		errno = 0;
		_exit(try(path) >= 0 ? 0 : errno);
	}
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "child");
	return (WEXITSTATUS(status));
}

static int
reads(const char *path)
{
	return (open(path, O_RDONLY));
}

static int
writes(const char *path)
{
	return (open(path, O_WRONLY));
}

static int
accesses(const char *path)
{
	return (access(path, R_OK | W_OK));
}

static int
creates(const char *path)
{
	return (make(path, 0644));
}

static int
makes_dir(const char *path)
{
	return (mkdir(path, 0755));
}

static int
chmods(const char *path)
{
	return (chmod(path, 0640));
}

static int
chmods_setuid(const char *path)
{
	return (chmod(path, 04640));
}

static int
takes(const char *path)
{
	return (chown(path, geteuid(), (gid_t)-1));
}

static int
gives(const char *path)
{
	return (chown(path, 77, (gid_t)-1));
}

static int
stamps(const char *path)
{
	const struct timespec then[2] = {{1, 0}, {2, 0}};

	return (utimensat(AT_FDCWD, path, then, 0));
}

static int
sets_same(const char *path)
{
	return ((int)set(path, ACL_TYPE_NFS4));
}

static int
gets_nfs4(const char *path)
{
	return ((int)get(path, ACL_TYPE_NFS4));
}

static int
renames(const char *path)
{
	return (rename(path, ON "/to/y"));
}

/* Without lists on the file system there are none to be had. */
static void
without(void)
{
	int there = 0;
	size_t size = sizeof(there);

	CHECK(sysctlbyname("kern.features.ufs_acl", &there, &size, NULL, 0) ==
		  0 &&
	      there == 1);
	CHECK(make(ON "/f", 0640) == 0);
	CHECK(knows(PC_ACL_EXTENDED) == 0);
	CHECK(knows(PC_ACL_PATH_MAX) == 3);
	CHECK(fails(get(ON "/f", ACL_TYPE_ACCESS), EOPNOTSUPP));
	empty();
	CHECK(fails(set(ON "/f", ACL_TYPE_ACCESS), EOPNOTSUPP));
	acl.acl_maxcnt = 1;
	CHECK(fails(set(ON "/f", ACL_TYPE_ACCESS), EINVAL));
	CHECK(fails(syscall(SYS___acl_set_file, ON "/f", 2, 8L), EFAULT));
	CHECK(fails(update_disk(ON, "acls", "nfsv4acls"), EINVAL));
	CHECK(update_disk(ON, "acls", NULL) == 0);
	CHECK(knows(PC_ACL_EXTENDED) == 1);
	CHECK(knows(PC_ACL_NFS4) == 0);
	CHECK(knows(PC_ACL_PATH_MAX) == ACL_MAX_ENTRIES);
	CHECK(unlink(ON "/f") == 0);
}

/* What a mode says, and OTHER's group may read and write. */
static void
posix_list(uint32_t mask)
{
	empty();
	entry(ACL_USER_OBJ, NO_ID, 6, 0, 0);
	entry(ACL_USER, NOBODY, 4, 0, 0);
	entry(ACL_GROUP_OBJ, NO_ID, 0, 0, 0);
	entry(ACL_GROUP, GROUP, 6, 0, 0);
	entry(ACL_MASK, NO_ID, mask, 0, 0);
	entry(ACL_OTHER, NO_ID, 0, 0, 0);
}

static void
posix_access(void)
{
	const char *f = ON "/f";

	CHECK(make(f, 0640) == 0);
	CHECK(get(f, ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 3);
	CHECK(perm_of(ACL_USER_OBJ, NO_ID) == 6);
	CHECK(perm_of(ACL_OTHER, NO_ID) == 0);
	CHECK(fails(get(f, ACL_TYPE_NFS4), EINVAL));
	CHECK(fails(get(f, ACL_TYPE_DEFAULT), EINVAL));
	CHECK(as(NOBODY, reads, f) == EACCES);
	posix_list(6);
	CHECK(syscall(SYS___acl_aclcheck_file, f, ACL_TYPE_ACCESS, &acl) == 0);
	CHECK(set(f, ACL_TYPE_ACCESS) == 0);
	CHECK(mode_of(f) == 0660);
	CHECK(as(NOBODY, reads, f) == 0 && as(NOBODY, writes, f) == EACCES);
	CHECK(as(OTHER, writes, f) == 0 && as(OTHER, accesses, f) == 0);
	CHECK(as(1002, reads, f) == EACCES);
	/* The mask is the mode's group. */
	CHECK(chmod(f, 0640) == 0);
	CHECK(as(OTHER, writes, f) == EACCES && as(OTHER, reads, f) == 0);
	CHECK(get(f, ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 6);
	CHECK(perm_of(ACL_MASK, NO_ID) == 4);
	CHECK(perm_of(ACL_GROUP, GROUP) == 6);
	CHECK(as(NOBODY, chmods, f) == EPERM);
	CHECK(mknod(ON "/c", S_IFCHR | 0600, 0) == 0);
	CHECK(fails(get(ON "/c", ACL_TYPE_ACCESS), EOPNOTSUPP));
	CHECK(unlink(ON "/c") == 0);
	/* Three entries say no more than a mode. */
	empty();
	entry(ACL_USER_OBJ, NO_ID, 6, 0, 0);
	entry(ACL_GROUP_OBJ, NO_ID, 4, 0, 0);
	entry(ACL_OTHER, NO_ID, 4, 0, 0);
	CHECK(set(f, ACL_TYPE_ACCESS) == 0 && mode_of(f) == 0644);
	CHECK(get(f, ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 3);
	CHECK(as(1002, reads, f) == 0);
	CHECK(unlink(f) == 0);
}

static void
posix_refused(void)
{
	const char *f = ON "/f";

	CHECK(make(f, 0640) == 0);
	posix_list(6);
	acl.acl_entry[0].ae_tag = 3;
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	posix_list(8);
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	posix_list(6);
	acl.acl_entry[1].ae_id = NO_ID;
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	posix_list(6);
	acl.acl_entry[4].ae_tag = ACL_OTHER;
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	posix_list(6);
	acl.acl_cnt = 33;
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	acl.acl_cnt = 0xffffffff;
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EINVAL));
	posix_list(6);
	CHECK(fails(set(f, ACL_TYPE_DEFAULT), EINVAL));
	CHECK(fails(set(f, ACL_TYPE_NFS4), EINVAL));
	CHECK(fails(set(f, 77), EINVAL));
	CHECK(
	    fails(syscall(SYS___acl_delete_file, f, ACL_TYPE_ACCESS), EINVAL));
	CHECK(fails(
	    syscall(SYS___acl_delete_file, f, ACL_TYPE_DEFAULT), ENOTDIR));
	CHECK(chflags(f, UF_IMMUTABLE) == 0);
	CHECK(fails(set(f, ACL_TYPE_ACCESS), EPERM));
	CHECK(chflags(f, 0) == 0 && unlink(f) == 0);
}

/* A directory's default goes to what is made in it. */
static void
posix_inherit(void)
{
	struct oldacl old;
	int fd;

	CHECK(mkdir(ON "/d", 0755) == 0);
	CHECK(get(ON "/d", ACL_TYPE_DEFAULT) == 0 && got.acl_cnt == 0);
	posix_list(7);
	acl.acl_entry[0].ae_perm = 7;
	CHECK(set(ON "/d", ACL_TYPE_DEFAULT) == 0);
	CHECK(mode_of(ON "/d") == 0755);
	CHECK(make(ON "/d/f", 0664) == 0);
	CHECK(mode_of(ON "/d/f") == 0660);
	CHECK(get(ON "/d/f", ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 6);
	CHECK(perm_of(ACL_MASK, NO_ID) == 6);
	CHECK(as(OTHER, writes, ON "/d/f") == 0);
	CHECK(mkdir(ON "/d/e", 0700) == 0);
	CHECK(mode_of(ON "/d/e") == 0700);
	CHECK(get(ON "/d/e", ACL_TYPE_DEFAULT) == 0 && got.acl_cnt == 6);
	CHECK(mkdir(ON "/d/e/g", 0775) == 0);
	CHECK(get(ON "/d/e/g", ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 6);
	CHECK(symlink("f", ON "/d/l") == 0);
	again("acls");
	CHECK(get(ON "/d/f", ACL_TYPE_ACCESS) == 0 && got.acl_cnt == 6);
	CHECK(as(OTHER, writes, ON "/d/f") == 0);
	CHECK(as(1002, reads, ON "/d/f") == EACCES);
	/* Old programs' structure, and descriptors. */
	fd = open(ON "/d/f", O_RDONLY);
	CHECK(syscall(SYS___acl_get_fd, fd, ACL_TYPE_ACCESS_OLD, &old) == 0);
	CHECK(old.acl_cnt == 6 && old.acl_entry[3].ae_id == GROUP);
	old.acl_entry[3].ae_perm = 4;
	CHECK(syscall(SYS___acl_set_fd, fd, ACL_TYPE_ACCESS_OLD, &old) == 0);
	CHECK(as(OTHER, writes, ON "/d/f") == EACCES);
	CHECK(close(fd) == 0);
	fd = open(ON "/d", O_PATH);
	CHECK(syscall(SYS___acl_get_fd, fd, ACL_TYPE_DEFAULT_OLD, &old) == 0);
	CHECK(fails(syscall(SYS___acl_delete_fd, fd, ACL_TYPE_DEFAULT), EBADF));
	CHECK(close(fd) == 0);
	CHECK(syscall(SYS___acl_delete_link, ON "/d", ACL_TYPE_DEFAULT) == 0);
	CHECK(syscall(SYS___acl_delete_file, ON "/d", ACL_TYPE_DEFAULT) == 0);
	CHECK(make(ON "/d/h", 0664) == 0 && mode_of(ON "/d/h") == 0664);
	CHECK(unlink(ON "/d/h") == 0 && unlink(ON "/d/l") == 0);
	CHECK(unlink(ON "/d/f") == 0 && rmdir(ON "/d/e/g") == 0);
	CHECK(rmdir(ON "/d/e") == 0 && rmdir(ON "/d") == 0);
}

/* Whom the way leads through a directory is asked of its list. */
static void
posix_search(void)
{
	CHECK(mkdir(ON "/d", 0700) == 0 && make(ON "/d/f", 0644) == 0);
	CHECK(as(NOBODY, reads, ON "/d/f") == EACCES);
	empty();
	entry(ACL_USER_OBJ, NO_ID, 7, 0, 0);
	entry(ACL_USER, NOBODY, 1, 0, 0);
	entry(ACL_GROUP_OBJ, NO_ID, 0, 0, 0);
	entry(ACL_MASK, NO_ID, 7, 0, 0);
	entry(ACL_OTHER, NO_ID, 0, 0, 0);
	CHECK(set(ON "/d", ACL_TYPE_ACCESS) == 0);
	CHECK(as(NOBODY, reads, ON "/d/f") == 0);
	CHECK(as(NOBODY, creates, ON "/d/g") == EACCES);
	CHECK(as(OTHER, reads, ON "/d/f") == EACCES);
	acl.acl_entry[1].ae_perm = 3;
	CHECK(set(ON "/d", ACL_TYPE_ACCESS) == 0);
	CHECK(as(NOBODY, creates, ON "/d/g") == 0);
	CHECK(as(NOBODY, makes_dir, ON "/d/h") == 0);
	CHECK(as(NOBODY, unlink, ON "/d/f") == 0);
	CHECK(rmdir(ON "/d/h") == 0 && unlink(ON "/d/g") == 0);
	CHECK(rmdir(ON "/d") == 0);
}

/* Somebody wrote nonsense into the attribute: the super-user alone gets by. */
static void
nonsense(int type, const char *name, const void *good, size_t size)
{
	static char bad[sizeof(struct acl) + 8];
	const char *f = ON "/f";

	CHECK(make(f, 0644) == 0);
	for (size_t step = 0; step <= 8; step++) {
		const size_t len = step == 0   ? size - 1
				   : step == 1 ? 0
				   : step == 2 ? size + 8
					       : size;

		memset(bad, 0, sizeof(bad));
		memcpy(bad, good, size);
		if (step >= 3) /* counts, and the first entries */
			memset(bad + (step - 3) * 4, 0xff, 40);
		if (step == 8)
			memset(bad, 0, sizeof(bad));
		CHECK(extattr_set_file(f, EXTATTR_NAMESPACE_SYSTEM, name, bad,
			  len) == (ssize_t)len);
		CHECK(as(NOBODY, reads, f) == EPERM);
		CHECK(close(open(f, O_RDONLY)) == 0);
		CHECK(fails(get(f, type), EPERM));
	}
	CHECK(extattr_delete_file(f, EXTATTR_NAMESPACE_SYSTEM, name) == 0);
	CHECK(as(NOBODY, reads, f) == 0);
	CHECK(unlink(f) == 0);
}

static void
posix_nonsense(void)
{
	struct oldacl old = {.acl_cnt = 3};

	for (int i = 0; i < 3; i++)
		old.acl_entry[i] =
		    (struct oldacl_entry){i == 0   ? ACL_USER_OBJ
					  : i == 1 ? ACL_GROUP_OBJ
						   : ACL_OTHER,
			NO_ID, 4};
	nonsense(ACL_TYPE_ACCESS, ACL_ACCESS_NAME, &old, sizeof(old));
}

/* A mode's list, with two entries before it. */
static void
nfs4_list(uint32_t deny, uint32_t allow)
{
	CHECK(get(ON "/f", ACL_TYPE_NFS4) == 0);
	empty();
	entry(ACL_USER, NOBODY, deny, DENY, 0);
	entry(ACL_USER, NOBODY, allow, ALLOW, 0);
	for (unsigned i = 0; i < got.acl_cnt; i++)
		acl.acl_entry[acl.acl_cnt++] = got.acl_entry[i];
}

static void
nfs4_access(void)
{
	const char *f = ON "/f";

	CHECK(knows(PC_ACL_NFS4) == 1);
	CHECK(make(f, 0604) == 0);
	CHECK(fails(get(f, ACL_TYPE_ACCESS), EINVAL));
	/* The group may less than others: that takes a denial. */
	CHECK(get(f, ACL_TYPE_NFS4) == 0 && got.acl_cnt == 5);
	CHECK(got.acl_entry[1].ae_tag == ACL_GROUP_OBJ);
	CHECK(got.acl_entry[1].ae_entry_type == DENY);
	CHECK(got.acl_entry[1].ae_perm == ACL_READ_DATA);
	CHECK(chmod(f, 0640) == 0 && get(f, ACL_TYPE_NFS4) == 0);
	CHECK(got.acl_cnt == 3);
	nfs4_list(ACL_WRITE_DATA, ACL_READ_DATA | ACL_WRITE_DATA);
	CHECK(set(f, ACL_TYPE_NFS4) == 0 && mode_of(f) == 0640);
	CHECK(as(NOBODY, reads, f) == 0 && as(NOBODY, writes, f) == EACCES);
	CHECK(as(OTHER, reads, f) == EACCES);
	again("nfsv4acls");
	CHECK(as(NOBODY, reads, f) == 0 && as(NOBODY, writes, f) == EACCES);
	/* chmod(2) takes all of it away. */
	CHECK(chmod(f, 0600) == 0 && as(NOBODY, reads, f) == EACCES);
	CHECK(get(f, ACL_TYPE_NFS4) == 0 && got.acl_cnt == 3);
	/* What the first entries say, the mode says. */
	empty();
	entry(ACL_EVERYONE, NO_ID, ACL_READ_DATA | ACL_EXECUTE, DENY, 0);
	entry(ACL_USER_OBJ, NO_ID, ACL_READ_DATA | ACL_WRITE_DATA, ALLOW, 0);
	entry(ACL_GROUP_OBJ, NO_ID, ACL_EXECUTE | ACL_WRITE_DATA, ALLOW, 0);
	CHECK(set(f, ACL_TYPE_NFS4) == 0 && mode_of(f) == 0220);
	CHECK(unlink(f) == 0);
}

/* Rights that a mode knows of owners alone. */
static void
nfs4_admin(void)
{
	const char *f = ON "/f";

	CHECK(make(f, 0640) == 0);
	CHECK(as(NOBODY, chmods, f) == EPERM && as(NOBODY, takes, f) == EPERM);
	CHECK(as(NOBODY, stamps, f) == EPERM);
	CHECK(as(NOBODY, gets_nfs4, f) == 0);
	nfs4_list(ACL_READ_ACL, ACL_WRITE_ATTRIBUTES);
	CHECK(set(f, ACL_TYPE_NFS4) == 0);
	CHECK(as(NOBODY, stamps, f) == 0 && as(NOBODY, chmods, f) == EPERM);
	CHECK(as(NOBODY, gets_nfs4, f) == EACCES);
	CHECK(as(NOBODY, sets_same, f) == EPERM);
	nfs4_list(0, ACL_WRITE_ACL);
	CHECK(set(f, ACL_TYPE_NFS4) == 0);
	CHECK(as(NOBODY, sets_same, f) == 0);
	CHECK(as(NOBODY, chmods_setuid, f) == EPERM);
	CHECK(as(NOBODY, chmods, f) == 0);
	nfs4_list(0, ACL_WRITE_OWNER);
	CHECK(set(f, ACL_TYPE_NFS4) == 0);
	CHECK(as(NOBODY, gives, f) == EPERM && as(NOBODY, takes, f) == 0);
	/* The list stays with the file; owners can't lock themselves out. */
	CHECK(get(f, ACL_TYPE_NFS4) == 0 && got.acl_cnt == 5);
	nfs4_list(ACL_WRITE_ACL | ACL_READ_ACL | ACL_WRITE_OWNER, 0);
	CHECK(set(f, ACL_TYPE_NFS4) == 0);
	CHECK(as(NOBODY, gets_nfs4, f) == 0 && as(NOBODY, sets_same, f) == 0);
	CHECK(unlink(f) == 0);
}

static void
allow_in(const char *dir, uint32_t perm, unsigned type)
{
	CHECK(get(dir, ACL_TYPE_NFS4) == 0);
	empty();
	entry(ACL_USER, NOBODY, perm, type, 0);
	for (unsigned i = 0; i < got.acl_cnt; i++)
		acl.acl_entry[acl.acl_cnt++] = got.acl_entry[i];
	CHECK(set(dir, ACL_TYPE_NFS4) == 0);
}

/* Names may be added and removed by several rights. */
static void
nfs4_names(void)
{
	const char *d = ON "/d", *x = ON "/d/x";

	CHECK(mkdir(d, 0755) == 0 && mkdir(ON "/to", 0777) == 0);
	CHECK(chmod(ON "/to", 0777) == 0);
	CHECK(as(NOBODY, creates, x) == EACCES);
	allow_in(d, ACL_WRITE_DATA, ALLOW);
	CHECK(as(NOBODY, creates, x) == 0);
	CHECK(as(NOBODY, makes_dir, ON "/d/y") == EACCES);
	CHECK(as(NOBODY, unlink, x) == 0);
	CHECK(chmod(d, 0755) == 0);
	allow_in(d, ACL_APPEND_DATA, ALLOW);
	CHECK(as(NOBODY, creates, x) == EACCES);
	CHECK(as(NOBODY, makes_dir, ON "/d/y") == 0);
	CHECK(as(NOBODY, rmdir, ON "/d/y") == EACCES && rmdir(ON "/d/y") == 0);
	CHECK(make(x, 0644) == 0);
	CHECK(as(NOBODY, renames, x) == EACCES);
	allow_in(x, ACL_DELETE, ALLOW);
	CHECK(as(NOBODY, renames, x) == 0);
	CHECK(unlink(ON "/to/y") == 0);
	CHECK(make(x, 0644) == 0 && as(NOBODY, unlink, x) == EACCES);
	CHECK(chmod(d, 0755) == 0);
	allow_in(d, ACL_DELETE_CHILD, ALLOW);
	CHECK(as(NOBODY, unlink, x) == 0);
	/* A denial counts more than that the directory can be written. */
	CHECK(make(x, 0644) == 0 && chmod(d, 0777) == 0);
	allow_in(d, ACL_DELETE_CHILD, DENY);
	CHECK(as(NOBODY, unlink, x) == EPERM && as(OTHER, unlink, x) == 0);
	CHECK(make(x, 0644) == 0 && unlink(x) == 0);
	CHECK(rmdir(d) == 0 && rmdir(ON "/to") == 0);
}

/* What is made below has the entries that say so, as far as its mode goes. */
static void
nfs4_inherit(void)
{
	const char *d = ON "/d";

	CHECK(mkdir(d, 0755) == 0 && get(d, ACL_TYPE_NFS4) == 0);
	empty();
	entry(ACL_USER, NOBODY, ACL_READ_DATA | ACL_WRITE_DATA | ACL_WRITE_ACL,
	    ALLOW, ACL_ENTRY_FILE_INHERIT);
	entry(ACL_USER, OTHER, ACL_READ_DATA, DENY,
	    ACL_ENTRY_DIRECTORY_INHERIT | ACL_ENTRY_NO_PROPAGATE_INHERIT);
	entry(ACL_EVERYONE, NO_ID, ACL_READ_DATA, DENY,
	    ACL_ENTRY_DIRECTORY_INHERIT | ACL_ENTRY_INHERIT_ONLY);
	for (unsigned i = 0; i < got.acl_cnt; i++)
		acl.acl_entry[acl.acl_cnt++] = got.acl_entry[i];
	CHECK(set(d, ACL_TYPE_NFS4) == 0 && mode_of(d) == 0755);
	CHECK(make(ON "/d/f", 0644) == 0 && mode_of(ON "/d/f") == 0644);
	CHECK(get(ON "/d/f", ACL_TYPE_NFS4) == 0 && got.acl_cnt == 4);
	CHECK(perm_of(ACL_USER, NOBODY) == ACL_READ_DATA);
	CHECK(got.acl_entry[0].ae_flags == ACL_ENTRY_INHERITED);
	CHECK(mkdir(ON "/d/e", 0755) == 0);
	CHECK(get(ON "/d/e", ACL_TYPE_NFS4) == 0 && got.acl_cnt == 5);
	CHECK(got.acl_entry[0].ae_flags ==
	      (ACL_ENTRY_FILE_INHERIT | ACL_ENTRY_INHERIT_ONLY |
		  ACL_ENTRY_INHERITED));
	CHECK(perm_of(ACL_USER, NOBODY) ==
	      (ACL_READ_DATA | ACL_WRITE_DATA | ACL_WRITE_ACL));
	CHECK(got.acl_entry[1].ae_flags == ACL_ENTRY_INHERITED);
	CHECK(as(OTHER, reads, ON "/d/e") == EACCES);
	/* Files have nothing to pass on. */
	acl.acl_cnt = 1;
	CHECK(fails(set(ON "/d/f", ACL_TYPE_NFS4), EINVAL));
	acl.acl_cnt = 0;
	CHECK(fails(set(ON "/d/f", ACL_TYPE_NFS4), EINVAL));
	acl.acl_cnt = 125;
	CHECK(fails(set(ON "/d/f", ACL_TYPE_NFS4), ENOSPC));
	CHECK(unlink(ON "/d/f") == 0 && rmdir(ON "/d/e") == 0);
	CHECK(rmdir(d) == 0);
}

static void
nfs4_nonsense(void)
{
	empty();
	entry(ACL_EVERYONE, NO_ID, ACL_READ_DATA, ALLOW, 0);
	acl.acl_entry[0].ae_entry_type = 0x400;
	nonsense(ACL_TYPE_NFS4, ACL_NFS4_NAME, &acl, sizeof(acl));
}

/* A file with a list asks for it by nullfs, too. */
static void
over_nullfs(void)
{
	CHECK(make(ON "/f", 0640) == 0);
	nfs4_list(0, ACL_READ_DATA);
	CHECK(set(ON "/f", ACL_TYPE_NFS4) == 0);
	CHECK(mkdir("/over", 0755) == 0);
	CHECK(mount_disk("nullfs", ON, "/over", false) == 0);
	CHECK(as(NOBODY, reads, "/over/f") == 0);
	CHECK(as(OTHER, reads, "/over/f") == EACCES);
	CHECK(get("/over/f", ACL_TYPE_NFS4) == 0 && got.acl_cnt == 5);
	CHECK(set("/over/f", ACL_TYPE_NFS4) == 0);
	CHECK(unmount_disk("/over") == 0 && rmdir("/over") == 0);
	CHECK(unlink(ON "/f") == 0);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	umask(0);
	mkdir(ON, 0755);
	start();
	without();
	posix_access();
	posix_refused();
	posix_inherit();
	posix_search();
	posix_nonsense();
	CHECK(fails(update_disk(ON, "nfsv4acls", NULL), EINVAL));
	CHECK(update_disk(ON, "noacls", "nfsv4acls") == 0);
	nfs4_access();
	nfs4_admin();
	nfs4_names();
	nfs4_inherit();
	nfs4_nonsense();
	over_nullfs();
	CHECK(unmount_disk(ON) == 0);
	return (failures != 0);
}
