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
watch_for(long fd, unsigned fflags)
{
	struct kevent kev = {.ident = (uint64_t)fd,
	    .filter = EVFILT_VNODE,
	    .flags = EV_ADD | EV_CLEAR,
	    .fflags = fflags};

	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
}

static void
watch(long fd)
{
	watch_for(fd, NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB |
			  NOTE_LINK | NOTE_RENAME | NOTE_OPEN | NOTE_CLOSE |
			  NOTE_CLOSE_WRITE | NOTE_READ);
}

/* What has happened to fd since the last look at it. */
static unsigned
notes(long fd)
{
	static unsigned happened[32];
	struct timespec zero = {0, 0};
	struct kevent kev[8];
	unsigned seen;
	long n;

	n = SYS(SYS_kevent, kq, NULL, 0, kev, 8, &zero);
	CHECK(n >= 0);
	for (long i = 0; i < n; i++)
		happened[kev[i].ident % 32] |= kev[i].fflags;
	seen = happened[fd];
	happened[fd] = 0;
	return (seen);
}

/* From folder to folder, and within one. */
static void
moves(long d)
{
	long sub = xopen("sub", O_RDONLY, 0);

	watch_for(d, NOTE_WRITE | NOTE_EXTEND | NOTE_LINK);
	watch_for(sub, NOTE_WRITE | NOTE_EXTEND | NOTE_LINK);
	CHECK_EQ(SYS(SYS_close, xopen("m", O_CREAT | O_WRONLY, 0644)), 0);
	CHECK_EQ(notes(d), NOTE_WRITE);
	CHECK_EQ(SYS(SYS_rename, "m", "n"), 0);
	CHECK_EQ(notes(d), NOTE_WRITE);
	CHECK_EQ(SYS(SYS_rename, "n", "sub/n"), 0);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(SYS(SYS_rename, "sub/n", "n"), 0);
	CHECK_EQ(notes(sub), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(SYS(SYS_mkdir, "x", 0755), 0);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_LINK);
	CHECK_EQ(SYS(SYS_rename, "x", "sub/x"), 0);
	CHECK_EQ(notes(sub), NOTE_WRITE | NOTE_EXTEND | NOTE_LINK);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_EXTEND | NOTE_LINK);
	/* One folder replaces another: as many links as before. */
	CHECK_EQ(SYS(SYS_mkdir, "y", 0755), 0);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_LINK);
	CHECK_EQ(SYS(SYS_rename, "y", "sub/x"), 0);
	CHECK_EQ(notes(sub), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_EXTEND | NOTE_LINK);
	CHECK_EQ(SYS(SYS_mkdir, "x", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "y", 0755), 0);
	(void)notes(d);
	CHECK_EQ(SYS(SYS_rename, "x", "y"), 0);
	CHECK_EQ(notes(d), NOTE_WRITE | NOTE_LINK);
}

/* What happens at once is told whole, if some of it was asked for. */
static void
together(void)
{
	long w = xopen("n", O_WRONLY | O_APPEND, 0);

	watch_for(w, NOTE_WRITE);
	CHECK_EQ(SYS(SYS_write, w, "x", 1), 1);
	CHECK_EQ(notes(w), NOTE_WRITE | NOTE_EXTEND);
	CHECK_EQ(SYS(SYS_chmod, "n", 0600), 0);
	CHECK_EQ(notes(w), 0);
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
	moves(d);
	together();
	return (result("vnotes"));
}
