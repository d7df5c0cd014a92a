/* SPDX-License-Identifier: BSD-2-Clause */
/* kqueue(2)'s EVFILT_VNODE: what happens to files and directories. */
#include "files.h"

#include "fbsd/event.h"

enum {
	SYS_kqueue = 362,
	SYS_kevent = 560,
};

static long kq;

static void
watch(long fd)
{
	struct kevent kev = {.ident = (uint64_t)fd,
	    .filter = EVFILT_VNODE,
	    .flags = EV_ADD | EV_CLEAR,
	    .fflags = NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB |
		      NOTE_LINK | NOTE_RENAME | NOTE_OPEN | NOTE_CLOSE |
		      NOTE_CLOSE_WRITE | NOTE_READ};

	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
}

/* What has happened to fd since the last look. */
static unsigned
notes(long fd)
{
	struct timespec zero = {0, 0};
	struct kevent kev[8];
	unsigned seen = 0;
	long n;

	n = SYS(SYS_kevent, kq, NULL, 0, kev, 8, &zero);
	CHECK(n >= 0);
	for (long i = 0; i < n; i++)
		if (kev[i].ident == (uint64_t)fd)
			seen |= kev[i].fflags;
	return (seen);
}

int
main(int argc, char **argv)
{
	char c;
	long d, f;

	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	kq = SYS(SYS_kqueue);
	d = xopen(".", O_RDONLY, 0);
	watch(d);
	CHECK_EQ(notes(d), 0);
	f = xopen("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(notes(d), NOTE_WRITE);
	watch(f);
	CHECK_EQ(SYS(SYS_write, f, "x", 1), 1);
	CHECK_EQ(notes(f), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(SYS(SYS_pwrite, f, "x", 1, 0), 1);
	CHECK_EQ(notes(f), NOTE_WRITE);
	CHECK_EQ(SYS(SYS_pread, f, &c, 1, 0), 1);
	CHECK_EQ(notes(f), NOTE_READ);
	CHECK_EQ(SYS(SYS_chmod, "f", 0600), 0);
	CHECK_EQ(notes(f), NOTE_ATTRIB);
	CHECK_EQ(SYS(SYS_link, "f", "g"), 0);
	CHECK_EQ(notes(f) & NOTE_LINK, NOTE_LINK);
	CHECK_EQ(SYS(SYS_rename, "f", "h"), 0);
	CHECK_EQ(notes(f) & NOTE_RENAME, NOTE_RENAME);
	CHECK_EQ(SYS(SYS_close, xopen("h", O_WRONLY, 0)), 0);
	CHECK_EQ(notes(f), NOTE_OPEN | NOTE_CLOSE_WRITE);
	CHECK_EQ(SYS(SYS_close, xopen("h", O_RDONLY, 0)), 0);
	CHECK_EQ(notes(f), NOTE_OPEN | NOTE_CLOSE);
	(void)notes(d);
	CHECK_EQ(SYS(SYS_unlink, "g"), 0);
	CHECK_EQ(SYS(SYS_unlink, "h"), 0);
	CHECK_EQ(notes(f) & NOTE_DELETE, NOTE_DELETE);
	CHECK_EQ(SYS(SYS_mkdir, "sub", 0755), 0);
	CHECK_EQ(notes(d) & (NOTE_WRITE | NOTE_LINK), NOTE_WRITE | NOTE_LINK);
	return (result("vnotes"));
}
