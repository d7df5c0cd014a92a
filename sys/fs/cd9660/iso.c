/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volumes and directories.  A directory is records one behind the other, none
 * of which crosses a sector; a byte of zero leads to the next sector.
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/cd9660/iso.h"
#include "lib/string.h"
#include "lib/utf8.h"

/* Volume descriptors. */
#define FIRST_SECTOR	 16
#define LAST_SECTOR	 100 /* is looked at */
#define VD_PRIMARY	 1
#define VD_SUPPLEMENTARY 2
#define VD_END		 255
#define VD_FLAGS	 7 /* byte */
#define VD_BLOCKS	 80
#define VD_ESCAPE	 88
#define VD_BLOCK_SIZE	 128
#define VD_ROOT		 156

/* Records. */
#define R_XATTR	   1
#define R_EXTENT   2
#define R_SIZE	   10
#define R_TIME	   18
#define R_FLAGS	   25
#define R_NAME_LEN 32
#define R_NAME	   33
#define R_MAX	   255
#define F_DIR	   0x02
#define F_ASSOC	   0x04
#define F_MORE	   0x80 /* the next record goes on with it */

/* Pieces of one file, which lie one behind the other. */
#define PIECES_MAX 4096

/* A record, as it is read. */
struct record {
	uint8_t r[R_MAX + 1];
	uint64_t at;   /* on the disk */
	uint64_t next; /* in its directory */
};

static int
read_at(struct iso *iso, uint64_t at, void *buf, size_t size)
{
	struct iso_device *dev = iso->i_device;

	if (at > dev->id_size || size > dev->id_size - at)
		return (EINTEGRITY);
	return (dev->id_read(dev, at, buf, size));
}

static uint64_t
block_bytes(const struct iso *iso)
{
	return (1ul << iso->i_shift);
}

/*
 * The first record at or behind `offset` of a directory that begins at `start`.
 * ENOENT.
 */
static int
read_record(struct iso *iso, uint64_t start, uint64_t size, uint64_t offset,
    struct record *rec)
{
	uint64_t room;
	int error;

	for (; offset < size; offset += room) {
		rec->at = start + offset;
		room = ISO_SECTOR - rec->at % ISO_SECTOR;
		if (room > size - offset)
			room = size - offset;
		error = read_at(iso, rec->at, rec->r, 1);
		if (error != 0)
			return (error);
		if (rec->r[0] == 0)
			continue;
		if (rec->r[0] <= R_NAME || rec->r[0] > room)
			return (EINTEGRITY);
		rec->next = offset + rec->r[0];
		error = read_at(iso, rec->at, rec->r, rec->r[0]);
		if (error == 0 && R_NAME + rec->r[R_NAME_LEN] > rec->r[0])
			error = EINTEGRITY;
		return (error);
	}
	return (ENOENT);
}

/* 1: ".", 2: "..", 0: another name. */
static int
dots(const struct record *rec)
{
	if (rec->r[R_NAME_LEN] != 1 || rec->r[R_NAME] > 1)
		return (0);
	return (rec->r[R_NAME] + 1);
}

static uint64_t
extent_of(const struct iso *iso, const struct record *rec)
{
	return (((uint64_t)iso_le32(rec->r + R_EXTENT) + rec->r[R_XATTR])
		<< iso->i_shift);
}

/* 16 bits each, the high byte first; pairs of surrogates are one. */
static void
joliet_name(const struct record *rec, struct iso_entry *e)
{
	const uint8_t *p = rec->r + R_NAME, *end = p + rec->r[R_NAME_LEN];
	char *at = e->e_name + e->e_len;
	uint32_t c, low;

	for (; end - p >= 2; p += 2) {
		c = (uint32_t)p[0] << 8 | p[1];
		if (c == ';')
			return;
		if (c >= 0xd800 && c < 0xdc00 && end - p >= 4) {
			low = (uint32_t)p[2] << 8 | p[3];
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c & 0x3ff) << 10) +
				    (low & 0x3ff);
				p += 2;
			}
		}
		at = utf8_put(at, e->e_name + sizeof(e->e_name), c);
		if (at == NULL) {
			e->e_hidden = true;
			return;
		}
		e->e_len = (size_t)(at - e->e_name);
	}
}

/* Without its version, and a point before that. */
static void
plain_name(const struct record *rec, struct iso_entry *e)
{
	const uint8_t *p = rec->r + R_NAME;

	for (size_t i = 0; i < rec->r[R_NAME_LEN] && p[i] != ';'; i++)
		e->e_name[e->e_len++] =
		    (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] - 'A' + 'a'
						      : p[i]);
	if (e->e_len > 1 && e->e_name[e->e_len - 1] == '.')
		e->e_len--;
}

static void
set_name(const struct iso *iso, const struct record *rec, struct iso_entry *e)
{
	if (dots(rec) != 0) {
		e->e_len = (size_t)dots(rec);
		memcpy(e->e_name, "..", e->e_len);
	} else if (iso->i_names == ISO_JOLIET)
		joliet_name(rec, e);
	else if (iso->i_names == ISO_GENERATION) {
		e->e_len = rec->r[R_NAME_LEN];
		memcpy(e->e_name, rec->r + R_NAME, e->e_len);
	} else
		plain_name(rec, e);
}

/* A name that can't be one in a path. */
static bool
bad_name(const struct iso_entry *e)
{
	return (e->e_len == 0 || memchr(e->e_name, '/', e->e_len) != NULL ||
		memchr(e->e_name, '\0', e->e_len) != NULL ||
		(e->e_name[0] == '.' &&
		    (e->e_len == 1 || (e->e_len == 2 && e->e_name[1] == '.'))));
}

/* What the record says itself. */
static void
set_inode(const struct iso *iso, const struct record *rec, struct iso_inode *i)
{
	const bool dir = (rec->r[R_FLAGS] & F_DIR) != 0;

	*i = (struct iso_inode){
	    .i_ino = dir ? extent_of(iso, rec) : rec->at,
	    .i_start = extent_of(iso, rec),
	    .i_size = iso_le32(rec->r + R_SIZE),
	    .i_mode = (dir ? S_IFDIR : S_IFREG) | 0555,
	    .i_nlink = 1,
	};
	i->i_birth = i->i_mtime = i->i_atime = i->i_ctime =
	    iso_time(rec->r + R_TIME);
}

/* ECMA-119's own attributes, in blocks before the file: a bit of rights says
 * what may not be done. */
static int
own_attributes(struct iso *iso, const struct record *rec, struct iso_inode *i)
{
	static const struct {
		uint16_t bit, mode;
	} rights[] = {{0x10, 0400}, {0x40, 0100}, {0x100, 040}, {0x400, 010},
	    {0x1000, 04}, {0x4000, 01}};
	uint8_t a[44];
	uint32_t denied;
	int error;

	if (rec->r[R_XATTR] == 0 || !iso->i_attributes)
		return (0);
	error =
	    read_at(iso, (uint64_t)iso_le32(rec->r + R_EXTENT) << iso->i_shift,
		a, sizeof(a));
	if (error != 0)
		return (error);
	i->i_uid = (uint32_t)(a[0] | a[1] << 8);
	i->i_gid = (uint32_t)(a[4] | a[5] << 8);
	denied = (uint32_t)(a[8] << 8 | a[9]);
	i->i_mode &= S_IFMT;
	for (unsigned k = 0; k < sizeof(rights) / sizeof(rights[0]); k++)
		if ((denied & rights[k].bit) == 0)
			i->i_mode |= rights[k].mode;
	i->i_birth = iso_long_time(a + 10);
	i->i_mtime = i->i_ctime = iso_long_time(a + 27);
	return (0);
}

/* The bytes behind a record's name. */
static const uint8_t *
system_use(const struct record *rec, size_t *size)
{
	const size_t name = rec->r[R_NAME_LEN];
	const size_t at = R_NAME + name + (name % 2 == 0);

	*size = at < rec->r[0] ? rec->r[0] - at : 0;
	return (rec->r + at);
}

/* A relocated directory's entry stands for that, wherever it is. */
static void
relocate(const struct iso *iso, const struct record *rec, struct iso_entry *e)
{
	struct iso_inode *i = &e->e_inode;

	if (dots(rec) == 2 && e->e_parent != 0)
		i->i_ino = (uint64_t)e->e_parent << iso->i_shift;
	else if (dots(rec) == 0 && e->e_child != 0) {
		i->i_ino = (uint64_t)e->e_child << iso->i_shift;
		i->i_mode = S_IFDIR | (i->i_mode & ~(uint32_t)S_IFMT);
	}
}

static int
parse(struct iso *iso, const struct record *rec, struct iso_entry *e)
{
	const uint8_t *area;
	size_t size;
	int error;

	set_inode(iso, rec, &e->e_inode);
	e->e_next = rec->next;
	e->e_hidden = (rec->r[R_FLAGS] & F_ASSOC) != 0;
	e->e_child = e->e_parent = 0;
	e->e_len = e->e_link_len = 0;
	if (iso->i_names == ISO_ROCKRIDGE) {
		area = system_use(rec, &size);
		if (size > iso->i_skip)
			error = iso_rockridge(
			    iso, area + iso->i_skip, size - iso->i_skip, e);
		else
			error = 0;
	} else
		error = own_attributes(iso, rec, &e->e_inode);
	if (error != 0)
		return (error);
	if (dots(rec) != 0)
		e->e_len = 0;
	if (e->e_len == 0)
		set_name(iso, rec, e);
	if (dots(rec) == 0 && bad_name(e))
		e->e_hidden = true;
	/* Only the record itself knows what is a directory. */
	if (e->e_child == 0 && ((e->e_inode.i_mode & S_IFMT) == S_IFDIR) !=
				   ((rec->r[R_FLAGS] & F_DIR) != 0))
		e->e_hidden = true;
	if ((e->e_inode.i_mode & S_IFMT) == S_IFLNK)
		e->e_inode.i_size = e->e_link_len;
	relocate(iso, rec, e);
	return (0);
}

/* The other pieces of a file, whose records follow the first one's. */
static int
add_pieces(struct iso *iso, uint64_t start, uint64_t size, struct record *rec,
    struct iso_entry *e)
{
	const uint64_t mask = block_bytes(iso) - 1;
	struct iso_inode *i = &e->e_inode;
	int error;

	for (unsigned n = 0; (rec->r[R_FLAGS] & F_MORE) != 0; n++) {
		if (n == PIECES_MAX || (i->i_size & mask) != 0)
			return (EINTEGRITY);
		error = read_record(iso, start, size, rec->next, rec);
		if (error != 0)
			return (error == ENOENT ? EINTEGRITY : error);
		if (extent_of(iso, rec) != i->i_start + i->i_size)
			return (EINTEGRITY);
		i->i_size += iso_le32(rec->r + R_SIZE);
		e->e_next = rec->next;
	}
	return (0);
}

static int
next_entry(struct iso *iso, uint64_t start, uint64_t size, uint64_t offset,
    struct iso_entry *e)
{
	struct record rec;
	int error;

	error = read_record(iso, start, size, offset, &rec);
	if (error == 0)
		error = parse(iso, &rec, e);
	if (error == 0)
		error = add_pieces(iso, start, size, &rec, e);
	return (error);
}

int
iso_next(struct iso *iso, const struct iso_inode *dir, uint64_t offset,
    struct iso_entry *e)
{
	int error;

	do {
		error = next_entry(iso, dir->i_start, dir->i_size, offset, e);
		offset = e->e_next;
	} while (error == 0 && e->e_hidden);
	return (error);
}

static bool
same_name(const struct iso *iso, const struct iso_entry *e, const char *name,
    size_t len)
{
	if (len != e->e_len)
		return (false);
	if (iso->i_names != ISO_PLAIN)
		return (memcmp(name, e->e_name, len) == 0);
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != e->e_name[i])
			return (false);
	}
	return (true);
}

int
iso_find(struct iso *iso, const struct iso_inode *dir, const char *name,
    size_t len, struct iso_entry *e)
{
	uint64_t offset = 0;
	int error;

	while ((error = iso_next(iso, dir, offset, e)) == 0 &&
	       !same_name(iso, e, name, len))
		offset = e->e_next;
	return (error);
}

int
iso_get(struct iso *iso, uint64_t ino, struct iso_entry *e)
{
	const uint64_t size = iso->i_device->id_size;
	struct iso_inode *i = &e->e_inode;
	struct record rec;
	bool dir;
	int error;

	if (ino >= size)
		return (ESTALE);
	error = read_record(iso, 0, size, ino, &rec);
	if (error == ENOENT || (error == 0 && rec.at != ino))
		error = ESTALE;
	if (error == 0)
		error = parse(iso, &rec, e);
	if (error != 0)
		return (error);
	dir = (i->i_mode & S_IFMT) == S_IFDIR;
	/* A directory's number is that of its own record. */
	if (e->e_hidden || i->i_ino != ino || dots(&rec) != (dir ? 1 : 0))
		return (ESTALE);
	error = add_pieces(iso, 0, size, &rec, e);
	if (error == 0 && dir && i->i_size > size - i->i_start)
		error = EINTEGRITY;
	return (error);
}

/* What is known of a volume's descriptors. */
struct descriptors {
	bool primary, joliet;
	uint8_t root[R_NAME + 1], joliet_root[R_NAME + 1];
	uint32_t block_size;
};

static bool
is_joliet(const uint8_t *vd, const struct iso_options *options)
{
	return (!options->no_joliet && vd[VD_ESCAPE] == '%' &&
		vd[VD_ESCAPE + 1] == '/' &&
		(vd[VD_ESCAPE + 2] == '@' || vd[VD_ESCAPE + 2] == 'C' ||
		    vd[VD_ESCAPE + 2] == 'E') &&
		((vd[VD_FLAGS] & 1) == 0 || options->broken_joliet));
}

static int
read_descriptors(
    struct iso *iso, const struct iso_options *options, struct descriptors *d)
{
	uint8_t vd[VD_ROOT + R_NAME + 1];
	uint64_t at;
	int error;

	for (uint64_t s = FIRST_SECTOR; s < LAST_SECTOR; s++) {
		at = (options->first + s) * ISO_SECTOR;
		error = read_at(iso, at, vd, sizeof(vd));
		if (error == EINTEGRITY || memcmp(vd + 1, "CD001", 5) != 0)
			error = error == 0 ? EINVAL : error;
		if (error != 0)
			return (error == EINTEGRITY ? EINVAL : error);
		if (vd[0] == VD_END)
			break;
		if (vd[0] == VD_PRIMARY && !d->primary) {
			d->primary = true;
			memcpy(d->root, vd + VD_ROOT, sizeof(d->root));
			iso->i_blocks = iso_le32(vd + VD_BLOCKS);
			d->block_size = (uint32_t)(vd[VD_BLOCK_SIZE] |
						   vd[VD_BLOCK_SIZE + 1] << 8);
		} else if (vd[0] == VD_SUPPLEMENTARY && !d->joliet &&
			   is_joliet(vd, options)) {
			d->joliet = true;
			memcpy(d->joliet_root, vd + VD_ROOT,
			    sizeof(d->joliet_root));
		}
	}
	return (d->primary ? 0 : EINVAL);
}

static uint64_t
root_of(const struct iso *iso, const uint8_t *root)
{
	return (((uint64_t)iso_le32(root + R_EXTENT) + root[R_XATTR])
		<< iso->i_shift);
}

/* The best names that there are. */
static int
choose_names(struct iso *iso, const struct iso_options *options,
    const struct descriptors *d)
{
	const uint8_t *area;
	struct record rec;
	size_t size;
	int error;

	iso->i_root = root_of(iso, d->root);
	iso->i_names = options->generations ? ISO_GENERATION : ISO_PLAIN;
	if (!options->no_rockridge) {
		error = read_record(iso, iso->i_root, ISO_SECTOR, 0, &rec);
		if (error != 0)
			return (error == ENOENT ? EINTEGRITY : error);
		area = system_use(&rec, &size);
		if (iso_has_rockridge(iso, area, size)) {
			iso->i_names = ISO_ROCKRIDGE;
			return (0);
		}
	}
	if (d->joliet) {
		iso->i_names = ISO_JOLIET;
		iso->i_root = root_of(iso, d->joliet_root);
	}
	return (0);
}

int
iso_open(struct iso *iso, struct iso_device *dev,
    const struct iso_options *options, const char **why)
{
	struct descriptors d = {.primary = false};
	int error;

	*iso =
	    (struct iso){.i_device = dev, .i_attributes = options->attributes};
	*why = "there is no ISO 9660 volume";
	error = read_descriptors(iso, options, &d);
	if (error != 0)
		return (error);
	*why = "impossible block size";
	if (d.block_size < 512 || d.block_size > ISO_SECTOR ||
	    (d.block_size & (d.block_size - 1)) != 0)
		return (EINVAL);
	iso->i_shift = (unsigned)__builtin_ctz(d.block_size);
	*why = "its root makes no sense";
	return (choose_names(iso, options, &d));
}
