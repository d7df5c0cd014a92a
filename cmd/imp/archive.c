/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The archive that becomes the guest's root folder: POSIX ustar, with pax
 * extended headers where a name is too long.
 *
 * The kernel uses the pages of the archive as the pages of its files, without
 * a copy.  For that a file's data must begin on a page boundary, which plain
 * tar can't do; a pax extended header of the right size in front of the
 * member's own header, with nothing in it but a comment, pushes it there.
 * Files smaller than a page aren't worth it.
 *
 *	| pax header | comment ... | header | data of the file, aligned
 *
 * Any tar program reads the result.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "lib/ustar_header.h"

#define PAGE 4096

/* The largest size that eleven octal digits can say. */
#define SIZE_LIMIT UINT64_C(0100000000000)

/* typeflag, from POSIX pax, "ustar Interchange Format". */
enum {
	TYPE_FILE = '0',
	TYPE_SYMLINK = '2',
	TYPE_DIR = '5',
	TYPE_FIFO = '6',
	TYPE_PAX = 'x'
};

static int
append(struct archive *a, const void *data, size_t size)
{
	const char *from = data;
	ssize_t n;

	while (size > 0) {
		n = pwrite(a->fd, from, size, a->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (-1);
		from += n;
		size -= (size_t)n;
		a->size += n;
	}
	return (0);
}

/* Zeros up to the next block. */
static int
append_padding(struct archive *a)
{
	static const char zeros[USTAR_BLOCK];
	size_t over = (size_t)(a->size % USTAR_BLOCK);

	return (over == 0 ? 0 : append(a, zeros, USTAR_BLOCK - over));
}

/* digits octal digits and a NUL; the value is known to fit. */
static void
octal(char *field, int digits, uint64_t value)
{
	field[digits] = '\0';
	while (digits-- > 0) {
		field[digits] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

static void
finish_header(
    struct ustar_header *h, int type, uint64_t size, struct archive_attr attr)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned sum = 0;

	octal(h->mode, 7, attr.mode & 07777);
	octal(h->uid, 7, 0);
	octal(h->gid, 7, 0);
	octal(h->size, 11, size);
	octal(h->mtime, 11, attr.mtime < SIZE_LIMIT ? attr.mtime : 0);
	h->typeflag = (char)type;
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->chksum, ' ', sizeof(h->chksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += byte[i];
	octal(h->chksum, 6, sum);
}

/*
 * Put the name into the header, split at a slash if it is long.  Returns 0 if
 * it doesn't fit either way; the header then has its beginning.
 */
static int
fill_name(struct ustar_header *h, const char *name)
{
	size_t length = strlen(name);

	if (length <= sizeof(h->name)) {
		memcpy(h->name, name, length);
		return (1);
	}
	for (size_t i = length - sizeof(h->name) - 1; i < length; i++) {
		if (name[i] != '/' || i > sizeof(h->prefix))
			continue;
		memcpy(h->prefix, name, i);
		memcpy(h->name, name + i + 1, length - i - 1);
		return (1);
	}
	memcpy(h->name, name, sizeof(h->name));
	return (0);
}

/*
 * A pax record is "LENGTH keyword=value\n", where LENGTH counts itself.
 * Returns the length for a value of the given size.
 */
static size_t
record_length(const char *keyword, size_t value)
{
	size_t rest = strlen(keyword) + value + 3; /* blank, '=', newline */
	size_t digits = 1;

	for (size_t limit = 10; rest + digits >= limit; limit *= 10)
		digits++;
	return (rest + digits);
}

static char *
put_record(char *to, const char *keyword, const char *value)
{
	return (
	    to + sprintf(to, "%zu %s=%s\n",
		     record_length(keyword, strlen(value)), keyword, value));
}

/* A comment record of exactly length bytes; at least 14. */
static char *
put_comment(char *to, size_t length)
{
	size_t head = (size_t)sprintf(to, "%zu comment=", length);

	memset(to + head, ' ', length - head - 1);
	to[length - 1] = '\n';
	return (to + length);
}

/*
 * Write the extended header that the next member needs, if any: for the names
 * that didn't fit (else NULL), and for data that shall be aligned.
 */
static int
append_pax(struct archive *a, const char *name, const char *target, int align)
{
	static const size_t shortest = 14; /* of a comment that fills up */
	char records[4 * PAGE], *to = records;
	struct ustar_header h = {.name = "././@PaxHeader"};
	size_t used, total;

	if ((name != NULL && strlen(name) >= PAGE) ||
	    (target != NULL && strlen(target) >= PAGE)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if (name != NULL)
		to = put_record(to, "path", name);
	if (target != NULL)
		to = put_record(to, "linkpath", target);
	used = (size_t)(to - records);
	if (used == 0 && (!align || (a->size + USTAR_BLOCK) % PAGE == 0))
		return (0);
	total = (used + USTAR_BLOCK - 1) / USTAR_BLOCK * USTAR_BLOCK;
	if (align) {
		/* Room for the comment, then on until the data lie right. */
		if (total - used < shortest)
			total += USTAR_BLOCK;
		while ((a->size + USTAR_BLOCK + (off_t)total + USTAR_BLOCK) %
			   PAGE !=
		       0)
			total += USTAR_BLOCK;
		to = put_comment(to, total - used);
	}
	finish_header(
	    &h, TYPE_PAX, (uint64_t)(to - records), (struct archive_attr){0});
	if (append(a, &h, sizeof(h)) != 0 ||
	    append(a, records, (size_t)(to - records)) != 0)
		return (-1);
	return (append_padding(a));
}

static int
append_header(struct archive *a, int type, const char *name, const char *target,
    uint64_t size, struct archive_attr attr)
{
	struct ustar_header h = {0};
	const char *long_name, *long_target = NULL;
	size_t length;

	if (size >= SIZE_LIMIT) {
		errno = EFBIG;
		return (-1);
	}
	long_name = fill_name(&h, name) ? NULL : name;
	if (target != NULL) {
		length = strlen(target);
		if (length > sizeof(h.linkname)) {
			long_target = target;
			length = sizeof(h.linkname);
		}
		memcpy(h.linkname, target, length);
	}
	if (append_pax(a, long_name, long_target, size >= PAGE) != 0)
		return (-1);
	finish_header(&h, type, size, attr);
	return (append(a, &h, sizeof(h)));
}

int
archive_dir(struct archive *a, const char *name, struct archive_attr attr)
{
	return (append_header(a, TYPE_DIR, name, NULL, 0, attr));
}

int
archive_symlink(struct archive *a, const char *name, const char *target,
    struct archive_attr attr)
{
	return (append_header(a, TYPE_SYMLINK, name, target, 0, attr));
}

int
archive_fifo(struct archive *a, const char *name, struct archive_attr attr)
{
	return (append_header(a, TYPE_FIFO, name, NULL, 0, attr));
}

int
archive_data(struct archive *a, const char *name, const void *data, size_t size,
    struct archive_attr attr)
{
	if (append_header(a, TYPE_FILE, name, NULL, size, attr) != 0 ||
	    append(a, data, size) != 0)
		return (-1);
	return (append_padding(a));
}

int
archive_copy(struct archive *a, const char *name, int fd, uint64_t size,
    struct archive_attr attr)
{
	/* Large enough to make the calls cheap, small enough for the cache. */
	static char buffer[256 * 1024];
	uint64_t done = 0;
	ssize_t n;

	if (append_header(a, TYPE_FILE, name, NULL, size, attr) != 0)
		return (-1);
	while (done < size) {
		n = pread(fd, buffer,
		    size - done < sizeof(buffer) ? (size_t)(size - done)
						 : sizeof(buffer),
		    (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0 || append(a, buffer, (size_t)n) != 0)
			return (-1);
		done += (uint64_t)n;
	}
	return (append_padding(a));
}

int
archive_end(struct archive *a)
{
	static const char zeros[2 * USTAR_BLOCK];

	return (append(a, zeros, sizeof(zeros)));
}
