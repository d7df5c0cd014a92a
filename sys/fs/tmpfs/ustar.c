/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading tar archives: POSIX.1-2017, pax, "ustar Interchange Format" and
 * "pax Header Block", with GNU tar's members 'L' and 'K' for long names and
 * its binary numbers.
 *
 * No state beyond struct ustar, no allocation, and no word of the archive is
 * believed before it was compared with the archive's size: this file is also
 * tested and fuzzed on the host.
 */
#include "fs/tmpfs/ustar.h"

#include "lib/string.h"
#include "lib/ustar_header.h"

#define SET_MTIME 0x1
#define SET_SIZE  0x2
#define SET_UID	  0x4
#define SET_GID	  0x8

void
ustar_open(struct ustar *u, const void *data, uint64_t size)
{
	memset(u, 0, sizeof(*u));
	u->data = data;
	u->size = size;
}

static enum ustar_result
bad(struct ustar *u, const char *why)
{
	u->error = why;
	return (USTAR_BAD);
}

static bool
all_zero(const void *block)
{
	uint64_t word;

	for (size_t i = 0; i < USTAR_BLOCK; i += sizeof(word)) {
		memcpy(&word, (const char *)block + i, sizeof(word));
		if (word != 0)
			return (false);
	}
	return (true);
}

/* The sum of a header's bytes, four 16-bit lanes at a time. */
static uint32_t
byte_sum(const void *block)
{
	const uint64_t even = 0x00ff00ff00ff00ffu;
	uint64_t lanes = 0, word;

	for (size_t i = 0; i < USTAR_BLOCK; i += sizeof(word)) {
		memcpy(&word, (const char *)block + i, sizeof(word));
		lanes += (word & even) + (word >> 8 & even);
	}
	return ((uint32_t)((lanes & 0xffff) + (lanes >> 16 & 0xffff) +
			   (lanes >> 32 & 0xffff) + (lanes >> 48)));
}

/* An octal number that ends with the field, a space or a NUL; or GNU's: the
 * first byte's top bit set, the rest big-endian. False: neither. No field has
 * more than 12 bytes, whose octal digits fit. */
static bool
number(const char *field, size_t len, uint64_t *value)
{
	size_t i = 0;
	uint64_t v = 0;

	if ((field[0] & 0x80) != 0) {
		v = (uint8_t)field[0] & 0x7f;
		for (i = 1; i < len; i++) {
			if (v >> 55 != 0)
				return (false);
			v = v << 8 | (uint8_t)field[i];
		}
		*value = v;
		return (true);
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		v = v << 3 | (unsigned)(field[i] - '0');
	*value = v;
	return (i == len || field[i] == ' ' || field[i] == '\0');
}

static bool
checksum_ok(const struct ustar_header *h)
{
	uint64_t stated;
	uint32_t sum = byte_sum(h);

	if (!number(h->chksum, sizeof(h->chksum), &stated))
		return (false);
	/* Counted with the field itself as spaces. */
	for (size_t i = 0; i < sizeof(h->chksum); i++)
		sum += ' ' - (uint32_t)(uint8_t)h->chksum[i];
	return (sum == stated);
}

static size_t
field_len(const char *field, size_t size)
{
	const char *end = memchr(field, '\0', size);

	return (end != NULL ? (size_t)(end - field) : size);
}

/* Digits, all of them. */
static bool
decimal(const char *s, size_t len, uint64_t *value)
{
	uint64_t v = 0;

	if (len == 0 || len > 18)
		return (false);
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return (false);
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*value = v;
	return (true);
}

/* Seconds, perhaps with a fraction, perhaps before 1970. */
static bool
decimal_time(const char *s, size_t len, struct ustar_time *t)
{
	const char *dot = memchr(s, '.', len);
	const bool negative = len > 0 && s[0] == '-';
	const char *whole = negative ? s + 1 : s;
	const char *end = s + len;
	uint32_t unit = 100000000;
	uint64_t sec;

	if (!decimal(whole, (size_t)((dot != NULL ? dot : end) - whole), &sec))
		return (false);
	t->nsec = 0;
	for (const char *p = dot; p != NULL && ++p < end; unit /= 10) {
		if (*p < '0' || *p > '9')
			return (false);
		t->nsec += unit * (uint32_t)(*p - '0');
	}
	t->sec = (int64_t)sec;
	if (negative) {
		t->sec = -t->sec;
		if (t->nsec != 0) {
			t->sec--;
			t->nsec = 1000000000 - t->nsec;
		}
	}
	return (true);
}

static bool
key_is(const char *key, size_t len, const char *name)
{
	return (strlen(name) == len && memcmp(key, name, len) == 0);
}

/* One record's worth; keywords we have no use for are fine. */
static bool
apply(struct ustar_override *o, const char *key, size_t key_len,
    const char *value, size_t len)
{
	if (key_is(key, key_len, "path")) {
		o->path = value;
		o->path_len = len;
	} else if (key_is(key, key_len, "linkpath")) {
		o->link = value;
		o->link_len = len;
	} else if (key_is(key, key_len, "size")) {
		o->set |= SET_SIZE;
		return (decimal(value, len, &o->size));
	} else if (key_is(key, key_len, "uid")) {
		o->set |= SET_UID;
		return (decimal(value, len, &o->uid));
	} else if (key_is(key, key_len, "gid")) {
		o->set |= SET_GID;
		return (decimal(value, len, &o->gid));
	} else if (key_is(key, key_len, "mtime")) {
		o->set |= SET_MTIME;
		return (decimal_time(value, len, &o->mtime));
	}
	return (true);
}

/* "LENGTH keyword=value\n" over and over; LENGTH counts all of it. */
static bool
read_records(struct ustar_override *o, const char *p, uint64_t size)
{
	const char *space, *equals;
	uint64_t len;

	while (size > 0) {
		space = memchr(p, ' ', size < 20 ? size : 20);
		if (space == NULL || !decimal(p, (size_t)(space - p), &len))
			return (false);
		if (len > size || len < (uint64_t)(space - p) + 3 ||
		    p[len - 1] != '\n')
			return (false);
		space++;
		equals = memchr(space, '=', (size_t)(p + len - 1 - space));
		if (equals == NULL)
			return (false);
		if (!apply(o, space, (size_t)(equals - space), equals + 1,
			(size_t)(p + len - 1 - (equals + 1))))
			return (false);
		p += len;
		size -= len;
	}
	return (true);
}

/* A name of `len` bytes into a buffer of USTAR_PATH_MAX. */
static bool
put_name(char *to, size_t at, const char *from, size_t len)
{
	if (len >= USTAR_PATH_MAX - at || memchr(from, '\0', len) != NULL)
		return (false);
	memcpy(to + at, from, len);
	to[at + len] = '\0';
	return (true);
}

static bool
put_path(struct ustar_entry *e, const struct ustar_header *h,
    const struct ustar_override *o)
{
	size_t len = 0;

	if (o->path != NULL)
		return (put_name(e->path, 0, o->path, o->path_len));
	/* GNU's own format has other things where ustar has the prefix. */
	if (memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0] != '\0') {
		len = field_len(h->prefix, sizeof(h->prefix));
		if (!put_name(e->path, 0, h->prefix, len))
			return (false);
		e->path[len++] = '/';
	}
	return (put_name(
	    e->path, len, h->name, field_len(h->name, sizeof(h->name))));
}

static bool
put_link(struct ustar_entry *e, const struct ustar_header *h,
    const struct ustar_override *o)
{
	if (o->link != NULL)
		return (put_name(e->link, 0, o->link, o->link_len));
	return (put_name(e->link, 0, h->linkname,
	    field_len(h->linkname, sizeof(h->linkname))));
}

static bool
put_numbers(struct ustar_entry *e, const struct ustar_header *h,
    const struct ustar_override *o)
{
	uint64_t mode, uid, gid, mtime, major = 0, minor = 0;

	if (!number(h->mode, sizeof(h->mode), &mode) ||
	    !number(h->uid, sizeof(h->uid), &uid) ||
	    !number(h->gid, sizeof(h->gid), &gid) ||
	    !number(h->mtime, sizeof(h->mtime), &mtime))
		return (false);
	if ((e->type == USTAR_CHR || e->type == USTAR_BLK) &&
	    (!number(h->devmajor, sizeof(h->devmajor), &major) ||
		!number(h->devminor, sizeof(h->devminor), &minor)))
		return (false);
	e->mode = (uint32_t)mode & 07777;
	e->uid = (uint32_t)((o->set & SET_UID) != 0 ? o->uid : uid);
	e->gid = (uint32_t)((o->set & SET_GID) != 0 ? o->gid : gid);
	e->mtime = (struct ustar_time){(int64_t)mtime, 0};
	if ((o->set & SET_MTIME) != 0)
		e->mtime = o->mtime;
	e->major = (uint32_t)major;
	e->minor = (uint32_t)minor;
	return (true);
}

static bool
put_type(struct ustar_entry *e, char typeflag)
{
	static const enum ustar_type types[] = {
	    USTAR_FILE,
	    USTAR_HARDLINK,
	    USTAR_SYMLINK,
	    USTAR_CHR,
	    USTAR_BLK,
	    USTAR_DIR,
	    USTAR_FIFO,
	    USTAR_FILE,
	};
	size_t len = strlen(e->path);

	if (typeflag == '\0')
		typeflag = '0';
	if (typeflag < '0' || typeflag > '7')
		return (false);
	e->type = types[typeflag - '0'];
	/* Before there was a type for directories. */
	if (e->type == USTAR_FILE && len > 0 && e->path[len - 1] == '/')
		e->type = USTAR_DIR;
	return (true);
}

/* The member's data lie behind its header; the next header behind them. */
static bool
skip_data(struct ustar *u, uint64_t size)
{
	uint64_t room = u->size - u->offset - USTAR_BLOCK, padded;

	if (size > room)
		return (false);
	/* The last member's padding may be missing. */
	padded = (size + USTAR_BLOCK - 1) & ~(uint64_t)(USTAR_BLOCK - 1);
	u->offset += USTAR_BLOCK + (padded < room ? padded : room);
	return (true);
}

static enum ustar_result
member(struct ustar *u, struct ustar_entry *e, const struct ustar_header *h,
    const struct ustar_override *o, uint64_t size)
{
	if (!put_path(e, h, o) || !put_link(e, h, o))
		return (bad(u, "a name is too long"));
	if (!put_type(e, h->typeflag))
		return (bad(u, "a member of unknown type"));
	if (!put_numbers(e, h, o))
		return (bad(u, "a number isn't one"));
	if ((o->set & SET_SIZE) != 0)
		size = o->size;
	if (e->type != USTAR_FILE)
		size = 0;
	e->size = size;
	e->data = (const uint8_t *)(h + 1);
	if (!skip_data(u, size))
		return (bad(u, "the archive ends within a member"));
	return (USTAR_ENTRY);
}

/* A member that is about the next one. */
static enum ustar_result
extended(struct ustar *u, const struct ustar_header *h,
    struct ustar_override *o, uint64_t size)
{
	const char *data = (const char *)(h + 1);

	if (!skip_data(u, size))
		return (bad(u, "the archive ends within an extended header"));
	switch (h->typeflag) {
	case 'L':
		o->path = data;
		o->path_len = field_len(data, size);
		return (USTAR_ENTRY);
	case 'K':
		o->link = data;
		o->link_len = field_len(data, size);
		return (USTAR_ENTRY);
	case 'g':
		o = &u->global;
		/* FALLTHROUGH */
	default:
		return (read_records(o, data, size)
			    ? USTAR_ENTRY
			    : bad(u, "an extended header makes no sense"));
	}
}

enum ustar_result
ustar_next(struct ustar *u, struct ustar_entry *e)
{
	struct ustar_override o = u->global;
	enum ustar_result result;
	const struct ustar_header *h;
	uint64_t size;

	for (;;) {
		if (u->offset == u->size)
			return (USTAR_END);
		if (u->size - u->offset < USTAR_BLOCK)
			return (bad(u, "the archive ends within a header"));
		h = (const struct ustar_header *)(u->data + u->offset);
		if (h->name[0] == '\0' && all_zero(h))
			return (USTAR_END);
		if (!checksum_ok(h))
			return (bad(u, "a header's checksum is wrong"));
		if (!number(h->size, sizeof(h->size), &size))
			return (bad(u, "a size isn't a number"));
		if (h->typeflag == '\0' || strchr("xgLK", h->typeflag) == NULL)
			return (member(u, e, h, &o, size));
		result = extended(u, h, &o, size);
		if (result != USTAR_ENTRY)
			return (result);
		if (h->typeflag == 'g')
			o = u->global;
	}
}
