/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rock Ridge: fields of two letters, a length and a version behind a record's
 * name, which may go on elsewhere (the System Use Sharing Protocol).
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/cd9660/iso.h"
#include "lib/string.h"

#define HEADER	      4
#define CONTINUES_MAX 16	 /* a record goes on as often at most, */
#define PART_MAX      ISO_SECTOR /* and in so many bytes */

/* What is read so far of a record. */
struct reader {
	struct iso_entry *e;
	bool name_goes_on, link_goes_on;
	/* Where it goes on, if `size` isn't 0. */
	uint64_t at;
	uint32_t size;
};

/* Days from 1970 to a day of the Gregorian calendar; months from 1. */
static int64_t
days_to(int64_t year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	const int64_t y = year - 1;

	return (365 * (year - 1970) + y / 4 - y / 100 + y / 400 - 477 +
		before[month - 1] + (leap && month > 2) + day - 1);
}

/* Zones are in quarters of an hour, east of Greenwich. */
static struct iso_time
make_time(int64_t year, const unsigned part[5], int zone)
{
	struct iso_time t = {0, 0};

	if (part[0] < 1 || part[0] > 12 || part[1] < 1 || part[1] > 31 ||
	    part[2] > 23 || part[3] > 59 || part[4] > 60)
		return (t);
	t.sec = days_to(year, part[0], part[1]) * 86400 + part[2] * 3600 +
		part[3] * 60 + part[4];
	if (zone >= -48 && zone <= 52)
		t.sec -= zone * 900;
	return (t);
}

struct iso_time
iso_time(const uint8_t *p)
{
	const unsigned part[] = {p[1], p[2], p[3], p[4], p[5]};

	return (make_time(1900 + p[0], part, (int8_t)p[6]));
}

static unsigned
number(const uint8_t *p, unsigned digits)
{
	unsigned n = 0;

	for (; digits > 0; digits--, p++)
		n = n * 10 + (*p >= '0' && *p <= '9' ? (unsigned)*p - '0' : 0);
	return (n);
}

struct iso_time
iso_long_time(const uint8_t *p)
{
	const unsigned part[] = {number(p + 4, 2), number(p + 6, 2),
	    number(p + 8, 2), number(p + 10, 2), number(p + 12, 2)};
	struct iso_time t = make_time(number(p, 4), part, (int8_t)p[16]);

	t.nsec = (int32_t)number(p + 14, 2) * 10000000;
	return (t);
}

/* PX: mode, links, owner, group; each number twice, in both orders. */
static void
posix(const uint8_t *f, size_t len, struct reader *r)
{
	struct iso_inode *i = &r->e->e_inode;
	const uint32_t type = iso_le32(f) & S_IFMT;

	if (len < 32)
		return;
	switch (type) {
	case S_IFDIR:
	case S_IFREG:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	default:
		return;
	}
	i->i_mode = type | (iso_le32(f) & ALLPERMS);
	i->i_nlink = iso_le32(f + 8);
	i->i_uid = iso_le32(f + 16);
	i->i_gid = iso_le32(f + 24);
}

/* PN: the halves of a device's number; one that is all in the lower half is as
 * it was where it was made. */
static void
device(const uint8_t *f, size_t len, struct reader *r)
{
	uint64_t high, low;

	if (len < 16)
		return;
	high = iso_le32(f);
	low = iso_le32(f + 8);
	r->e->e_inode.i_rdev = high == 0 ? low
					 : (high & 0xff) << 8 | (low & 0xff) |
					       (low & 0xffff0000) |
					       (high & ~0xffull) << 32;
}

/* TF: as many times as its first byte has bits, in this order. */
static void
times(const uint8_t *f, size_t len, struct reader *r)
{
	struct iso_inode *i = &r->e->e_inode;
	struct iso_time *const which[] = {
	    &i->i_birth, &i->i_mtime, &i->i_atime, &i->i_ctime};
	size_t at = 1, size;

	if (len < 1)
		return;
	size = (f[0] & 0x80) != 0 ? 17 : 7;
	for (unsigned k = 0; k < 4; k++) {
		if ((f[0] & 1u << k) == 0)
			continue;
		if (at + size > len)
			return;
		*which[k] =
		    size == 7 ? iso_time(f + at) : iso_long_time(f + at);
		at += size;
	}
}

/* NM: a piece of the name. */
static void
name(const uint8_t *f, size_t len, struct reader *r)
{
	struct iso_entry *e = r->e;

	if (len < 1 || (e->e_len > 0 && !r->name_goes_on))
		return;
	r->name_goes_on = (f[0] & 1) != 0;
	if (len - 1 > sizeof(e->e_name) - e->e_len) {
		e->e_hidden = true;
		return;
	}
	memcpy(e->e_name + e->e_len, f + 1, len - 1);
	e->e_len += len - 1;
}

static void
add_link(struct iso_entry *e, const void *text, size_t len)
{
	/* Too long: it leads nowhere, but is there. */
	if (len > sizeof(e->e_link) - e->e_link_len)
		return;
	memcpy(e->e_link + e->e_link_len, text, len);
	e->e_link_len += len;
}

/* SL: components of a link's path, each with flags and a length. */
static void
slink(const uint8_t *f, size_t len, struct reader *r)
{
	struct iso_entry *e = r->e;
	size_t at = 1, size;
	uint8_t flags;

	for (; at + 2 <= len; at += 2 + size) {
		flags = f[at];
		size = f[at + 1];
		if (size > len - at - 2)
			return;
		if (e->e_link_len > 0 && !r->link_goes_on &&
		    e->e_link[e->e_link_len - 1] != '/')
			add_link(e, "/", 1);
		r->link_goes_on = (flags & 1) != 0;
		if ((flags & 0x02) != 0)
			add_link(e, ".", 1);
		else if ((flags & 0x04) != 0)
			add_link(e, "..", 2);
		else if ((flags & 0x08) != 0)
			add_link(e, "/", 1);
		else
			add_link(e, f + at + 2, size);
	}
}

static void
child(const uint8_t *f, size_t len, struct reader *r)
{
	if (len >= 4)
		r->e->e_child = iso_le32(f);
}

static void
parent(const uint8_t *f, size_t len, struct reader *r)
{
	if (len >= 4)
		r->e->e_parent = iso_le32(f);
}

/* RE: the directory is seen where it was before it was relocated. */
static void
relocated(const uint8_t *f, size_t len, struct reader *r)
{
	r->e->e_hidden = true;
}

static const struct {
	char sign[2];
	void (*read)(const uint8_t *f, size_t len, struct reader *r);
} fields[] = {
    {{'P', 'X'}, posix},
    {{'P', 'N'}, device},
    {{'T', 'F'}, times},
    {{'N', 'M'}, name},
    {{'S', 'L'}, slink},
    {{'C', 'L'}, child},
    {{'P', 'L'}, parent},
    {{'R', 'E'}, relocated},
};

/* CE: the rest is elsewhere. */
static void
continues(struct iso *iso, const uint8_t *f, size_t len, struct reader *r)
{
	if (len < 24)
		return;
	r->at = ((uint64_t)iso_le32(f) << iso->i_shift) + iso_le32(f + 8);
	r->size = iso_le32(f + 16);
}

/* One part: fields up to its end, or ST. */
static void
read_fields(struct iso *iso, const uint8_t *area, size_t size, struct reader *r)
{
	size_t len;

	for (; size >= HEADER; area += len, size -= len) {
		len = area[2];
		if (len < HEADER || len > size || memcmp(area, "ST", 2) == 0)
			return;
		if (memcmp(area, "CE", 2) == 0)
			continues(iso, area + HEADER, len - HEADER, r);
		for (unsigned k = 0; k < sizeof(fields) / sizeof(fields[0]);
		     k++)
			if (memcmp(area, fields[k].sign, 2) == 0)
				fields[k].read(area + HEADER, len - HEADER, r);
	}
}

/* Where it goes on lies anywhere; that makes no sense if it isn't there. */
static int
read_part(struct iso *iso, struct reader *r)
{
	struct iso_device *dev = iso->i_device;
	uint8_t part[PART_MAX];
	const uint32_t size = r->size;
	int error;

	r->size = 0;
	if (size > sizeof(part) || r->at > dev->id_size ||
	    size > dev->id_size - r->at)
		return (EINTEGRITY);
	error = dev->id_read(dev, r->at, part, size);
	if (error == 0)
		read_fields(iso, part, size, r);
	return (error);
}

int
iso_rockridge(
    struct iso *iso, const uint8_t *area, size_t size, struct iso_entry *e)
{
	struct reader r = {.e = e};
	int error = 0;

	read_fields(iso, area, size, &r);
	for (unsigned n = 0; error == 0 && r.size > 0; n++)
		error = n < CONTINUES_MAX ? read_part(iso, &r) : EINTEGRITY;
	return (error);
}

bool
iso_has_rockridge(struct iso *iso, const uint8_t *area, size_t size)
{
	/* XA's own bytes may come first. */
	static const size_t before[] = {0, 14};

	for (unsigned k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
		const uint8_t *f = area + before[k];

		if (before[k] + 7 <= size &&
		    memcmp(f, "SP\7\1\276\357", 6) == 0) {
			iso->i_skip = f[6];
			return (true);
		}
	}
	return (false);
}
