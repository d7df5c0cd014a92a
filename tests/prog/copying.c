/* SPDX-License-Identifier: BSD-2-Clause */
/* sendfile(2), copy_file_range(2), preadv(2), pwritev(2). */
#include "files.h"

#include "fbsd/socket.h"

enum {
	SYS_fsync = 95,
	SYS_socket = 97,
	SYS_socketpair = 135,
	SYS_preadv = 289,
	SYS_pwritev = 290,
	SYS_sendfile = 393,
	SYS_fdatasync = 550,
	SYS_copy_file_range = 569,
	SYS_shm_open2 = 571,
};

#define SIZE 200000

static char data[SIZE], found[SIZE];

struct part {
	const void *base;
	size_t size;
};

struct hdtr {
	struct part *headers;
	int header_count;
	struct part *trailers;
	int trailer_count;
};

/* Seven arguments: the last one is on the stack, above a return address. */
static long
send_file(long fd, long to, off_t offset, size_t n, struct hdtr *h, off_t *sent)
{
	register long r10 __asm__("r10") = (long)n;
	register long r8 __asm__("r8") = (long)h;
	register long r9 __asm__("r9") = (long)sent;
	long ret = SYS_sendfile;
	bool failed;

	__asm__ volatile("pushq $0; pushq $0; syscall; leaq 16(%%rsp), %%rsp"
			 : "+a"(ret), "=@ccc"(failed), "+d"(offset), "+r"(r10),
			 "+r"(r8), "+r"(r9)
			 : "D"(fd), "S"(to)
			 : "rcx", "r11", "memory");
	return (failed ? -ret : ret);
}

static void
make_data(void)
{
	long fd = xopen("in", O_RDWR | O_CREAT, 0644);

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)('a' + i % 26);
	CHECK_EQ(SYS(SYS_write, fd, data, SIZE), SIZE);
	CHECK_EQ(SYS(SYS_fsync, fd), 0);
	CHECK_EQ(SYS(SYS_fdatasync, fd), 0);
	CHECK_EQ(SYS(SYS_fsync, 99), -EBADF);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
sending(void)
{
	struct part head = {"HEAD", 4}, tail = {"TAIL", 4};
	struct hdtr h = {&head, 1, &tail, 1};
	off_t sent = -1;
	long fd = xopen("in", O_RDONLY, 0);
	size_t got = 0;
	int p[2];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p), 0);
	CHECK_EQ(send_file(fd, p[1], 10, 100, NULL, &sent), 0);
	CHECK_EQ(sent, 100);
	CHECK_EQ(SYS(SYS_read, p[0], found, SIZE), 100);
	CHECK(same(found, data + 10, 100));
	/* To the end, which comes before that many bytes. */
	CHECK_EQ(send_file(fd, p[1], SIZE - 50, 1000, &h, &sent), 0);
	CHECK_EQ(sent, 58);
	CHECK_EQ(SYS(SYS_read, p[0], found, SIZE), 58);
	CHECK(same(found, "HEAD", 4) && same(found + 54, "TAIL", 4));
	CHECK(same(found + 4, data + SIZE - 50, 50));
	CHECK_EQ(send_file(fd, p[1], SIZE + 1, 0, NULL, &sent), 0);
	CHECK_EQ(sent, 0);
	CHECK_EQ(send_file(fd, p[1], -1, 0, NULL, NULL), -EINVAL);
	CHECK_EQ(send_file(fd, p[1], 0, 10, (struct hdtr *)8, NULL), -EFAULT);
	/* More than a socket holds, with a reader; the file's place stays. */
	if (SYS(SYS_fork) == 0) {
		(void)SYS(SYS_close, p[0]);
		(void)SYS(SYS_exit, send_file(fd, p[1], 0, 0, NULL, NULL) != 0);
	}
	(void)SYS(SYS_close, p[1]);
	for (long n; (n = SYS(SYS_read, p[0], found + got, SIZE - got)) > 0;)
		got += (size_t)n;
	CHECK_EQ(got, SIZE);
	CHECK(same(found, data, SIZE));
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_CUR), 0);
	(void)SYS(SYS_wait4, -1, NULL, 0, NULL);
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, fd);
}

/* From what, to what; and what is wrong with both is said of the first. */
static void
not_sending(void)
{
	long fd = xopen("in", O_RDONLY, 0), folder = xopen(".", O_RDONLY, 0);
	long out = xopen("sent", O_RDWR | O_CREAT, 0644);
	long shm = SYS(SYS_shm_open2, 1, O_RDWR, 0600, 0, NULL);
	int stream[2], datagrams[2], p[2];
	off_t sent = -1;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, stream), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, datagrams), 0);
	CHECK_EQ(send_file(fd, p[1], 0, 10, NULL, NULL), -ENOTSOCK);
	CHECK_EQ(send_file(fd, out, 0, 10, NULL, NULL), -ENOTSOCK);
	CHECK_EQ(send_file(fd, fd, 0, 0, NULL, NULL), -ENOTSOCK);
	CHECK_EQ(send_file(fd, shm, 0, 10, NULL, NULL), -ENOTSOCK);
	CHECK_EQ(send_file(fd, datagrams[0], 0, 10, NULL, NULL), -EINVAL);
	CHECK_EQ(send_file(folder, stream[0], 0, 0, NULL, NULL), -EINVAL);
	CHECK_EQ(send_file(p[0], p[1], 0, 0, NULL, NULL), -EINVAL);
	CHECK_EQ(send_file(stream[0], stream[1], 0, 0, NULL, NULL), -EINVAL);
	CHECK_EQ(send_file(99, 98, 0, 0, NULL, NULL), -EBADF);
	CHECK_EQ(send_file(fd, 99, 0, 0, NULL, NULL), -EBADF);
	CHECK_EQ(send_file(fd, SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0), 0, 10,
		     NULL, &sent),
	    -ENOTCONN);
	CHECK_EQ(sent, 0);
	/* Shared memory, to its end. */
	CHECK_EQ(send_file(shm, stream[0], 0, 0, NULL, &sent), 0);
	CHECK_EQ(sent, 0);
	CHECK_EQ(SYS(SYS_write, shm, data, 0), 0);
	CHECK_EQ(SYS(SYS_ftruncate, shm, 5000), 0);
	CHECK_EQ(send_file(shm, stream[0], 1, 0, NULL, &sent), 0);
	CHECK_EQ(sent, 4999);
	for (unsigned f = (unsigned)fd; f < (unsigned)fd + 12; f++)
		(void)SYS(SYS_close, f);
}

static long
copy(long in, off_t *from, long out, off_t *to, size_t n, unsigned flags)
{
	return (SYS(SYS_copy_file_range, in, from, out, to, n, flags));
}

static void
copying(void)
{
	long in = xopen("in", O_RDWR, 0);
	long out = xopen("out", O_RDWR | O_CREAT, 0644);
	long append = xopen("out", O_WRONLY | O_APPEND, 0);
	long folder = xopen(".", O_RDONLY, 0);
	off_t from = 1000, to = 500;
	int p[2];

	/* By the files' own places. */
	CHECK_EQ(copy(in, NULL, out, NULL, 300, 0), 300);
	CHECK_EQ(SYS(SYS_lseek, in, 0, SEEK_CUR), 300);
	CHECK_EQ(SYS(SYS_lseek, out, 0, SEEK_CUR), 300);
	/* By given ones. */
	CHECK_EQ(copy(in, &from, out, &to, 100, 0), 100);
	CHECK(from == 1100 && to == 600);
	CHECK_EQ(SYS(SYS_lseek, in, 0, SEEK_CUR), 300);
	CHECK_EQ(SYS(SYS_pread, out, found, 1000, 0), 600);
	CHECK(same(found, data, 300) && same(found + 500, data + 1000, 100));
	CHECK_EQ(found[400], 0);
	/* To the end, at the end. */
	from = SIZE - 10;
	CHECK_EQ(copy(in, &from, out, &to, 1000, 0), 10);
	CHECK_EQ(copy(in, &from, out, &to, 1000, 0), 0);
	from = 0;
	to = 0;
	CHECK_EQ(copy(in, &from, out, &to, SIZE * 2, 0), SIZE);
	CHECK_EQ(SYS(SYS_pread, out, found, SIZE, 0), SIZE);
	CHECK(same(found, data, SIZE));
	/* Within a file, if the two don't touch. */
	from = 0;
	to = 100;
	CHECK_EQ(copy(out, &from, out, &to, 101, 0), -EINVAL);
	CHECK_EQ(copy(out, &from, out, &to, 100, 0), 100);
	/* What it isn't for. */
	CHECK_EQ(copy(in, NULL, out, NULL, 1, 1), -EINVAL);
	CHECK_EQ(copy(in, NULL, append, NULL, 1, 0), -EBADF);
	CHECK_EQ(copy(in, NULL, 99, NULL, 1, 0), -EBADF);
	CHECK_EQ(copy(append, NULL, out, NULL, 1, 0), -EBADF);
	CHECK_EQ(copy(folder, NULL, out, NULL, 1, 0), -EISDIR);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(copy(in, NULL, p[1], NULL, 1, 0), -EINVAL);
	CHECK_EQ(copy(in, (off_t *)8, out, NULL, 1, 0), -EFAULT);
	from = -1;
	CHECK_EQ(copy(in, &from, out, NULL, 1, 0), -EINVAL);
	CHECK_EQ(copy(in, NULL, out, NULL, (size_t)-1, 0), -EINVAL);
}

#define MB (1l << 20)

/* [from, to) is what a hole reads as. */
static bool
is_zero(long file, off_t from, off_t to)
{
	while (from < to) {
		long n = SYS(SYS_pread, file, found,
		    to - from < SIZE ? to - from : SIZE, from);

		if (n <= 0)
			return (false);
		for (long i = 0; i < n; i++)
			if (found[i] != 0)
				return (false);
		from += n;
	}
	return (true);
}

/* Holes stay holes, and become some where data were. */
static void
holes(void)
{
	long in = xopen("sparse", O_RDWR | O_CREAT, 0644);
	long out = xopen("copy", O_RDWR | O_CREAT, 0644);
	off_t from = 2 * MB, to = MB;
	struct stat st;

	CHECK_EQ(SYS(SYS_pwrite, in, data, 5000, 0), 5000);
	CHECK_EQ(SYS(SYS_pwrite, in, data, 5000, 7 * MB), 5000);
	CHECK_EQ(SYS(SYS_ftruncate, in, 20 * MB), 0);
	CHECK_EQ(copy(in, NULL, out, NULL, INT64_MAX, 0), 20 * MB);
	CHECK_EQ(copy(in, NULL, out, NULL, INT64_MAX, 0), 0);
	CHECK_EQ(SYS(SYS_lseek, in, 0, SEEK_CUR), 20 * MB);
	CHECK_EQ(SYS(SYS_lseek, out, 0, SEEK_CUR), 20 * MB);
	CHECK_EQ(SYS(SYS_fstat, out, &st), 0);
	CHECK_EQ(st.st_size, 20 * MB);
	CHECK(st.st_blocks * 512 < 2 * MB);
	CHECK_EQ(SYS(SYS_pread, out, found, 5000, 7 * MB), 5000);
	CHECK(same(found, data, 5000));
	CHECK(is_zero(out, 5000, 7 * MB));
	CHECK(is_zero(out, 7 * MB + 5000, 20 * MB));
	/* Onto data; what stands around it stays. */
	for (off_t at = 0; at < 4 * MB; at += SIZE)
		CHECK_EQ(SYS(SYS_pwrite, out, data, SIZE, at), SIZE);
	CHECK_EQ(copy(in, &from, out, &to, 2 * MB, 0), 2 * MB);
	CHECK(from == 4 * MB && to == 3 * MB);
	CHECK(is_zero(out, MB, 3 * MB));
	CHECK_EQ(SYS(SYS_pread, out, found, 1, MB - 1), 1);
	CHECK(found[0] != 0);
	CHECK_EQ(SYS(SYS_pread, out, found, 1, 3 * MB), 1);
	CHECK(found[0] != 0);
	/* What is larger isn't cut. */
	from = 19 * MB;
	to = 0;
	CHECK_EQ(copy(in, &from, out, &to, 5 * MB, 0), MB);
	CHECK_EQ(SYS(SYS_fstat, out, &st), 0);
	CHECK_EQ(st.st_size, 20 * MB);
	/* The largest offset. */
	from = 0;
	to = INT64_MAX;
	CHECK_EQ(copy(in, &from, out, &to, 1, 0), -EFBIG);
	(void)SYS(SYS_close, in);
	(void)SYS(SYS_close, out);
}

static void
vectors(void)
{
	struct part parts[3] = {{"one", 3}, {"", 0}, {"three", 5}};
	struct part into[2] = {{found, 4}, {found + 100, 100}};
	long fd = xopen("vectors", O_RDWR | O_CREAT, 0644);
	int p[2];

	CHECK_EQ(SYS(SYS_pwritev, fd, parts, 3, 5), 8);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_CUR), 0);
	CHECK_EQ(SYS(SYS_preadv, fd, into, 2, 5), 8);
	CHECK(same(found, "onet", 4) && same(found + 100, "hree", 4));
	CHECK_EQ(SYS(SYS_preadv, fd, into, 2, 100), 0);
	CHECK_EQ(SYS(SYS_preadv, fd, into, 2, -1), -EINVAL);
	CHECK_EQ(SYS(SYS_preadv, fd, into, 1025, 0), -EINVAL);
	parts[1].size = (size_t)1 << 63;
	CHECK_EQ(SYS(SYS_pwritev, fd, parts, 3, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_pwritev, p[1], into, 2, 0), -ESPIPE);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/tmp/copying", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/tmp/copying"), 0);
	make_data();
	sending();
	not_sending();
	copying();
	holes();
	vectors();
	return (result("copying"));
}
