/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories: blocks of 512 bytes, each filled with entries to its end.
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/ufs/ufs.h"
#include "lib/string.h"

static bool
name_possible(const struct ufs_direct *d)
{
	for (unsigned i = 0; i < d->d_namlen; i++)
		if (d->d_name[i] == '/' || d->d_name[i] == '\0')
			return (false);
	return (d->d_namlen > 0);
}

const struct ufs_direct *
ufs_dirent_at(const uint8_t *block, size_t at)
{
	const struct ufs_direct *d = (const void *)(block + at);
	size_t room = UFS_DIRBLKSIZE - at;

	if (room < sizeof(*d) + 4 || d->d_reclen % 4 != 0 ||
	    d->d_reclen < sizeof(*d) + 4 || d->d_reclen > room)
		return (NULL);
	if (d->d_ino != 0 &&
	    (sizeof(*d) + d->d_namlen + 1 > d->d_reclen || !name_possible(d)))
		return (NULL);
	return (d);
}

static void
fill(struct ufs_dirent *de, const struct ufs_direct *d, uint64_t next)
{
	de->de_ino = d->d_ino;
	de->de_next = next;
	de->de_type = d->d_type;
	de->de_namlen = d->d_namlen;
	memcpy(de->de_name, d->d_name, d->d_namlen);
	de->de_name[d->d_namlen] = '\0';
}

/*
 * The first entry in use of one block whose end is behind `from`, and, with a
 * name, that has it: 0, ENOENT.
 */
static int
search(const uint8_t *block, uint64_t base, uint64_t from, const char *name,
    size_t len, struct ufs_dirent *de)
{
	const struct ufs_direct *d;

	for (size_t at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL)
			return (EINTEGRITY);
		if (d->d_ino == 0 || base + at < from)
			continue;
		if (name != NULL &&
		    (d->d_namlen != len || memcmp(d->d_name, name, len) != 0))
			continue;
		fill(de, d, base + at + d->d_reclen);
		return (0);
	}
	return (ENOENT);
}

static int
walk(struct ufs *fs, const struct ufs_inode *dir, uint64_t from,
    const char *name, size_t len, struct ufs_dirent *de)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	uint64_t base = from & ~(uint64_t)(UFS_DIRBLKSIZE - 1);
	size_t done;
	int error;

	if ((dir->i_mode & S_IFMT) != S_IFDIR)
		return (ENOTDIR);
	if (dir->i_size % UFS_DIRBLKSIZE != 0)
		return (EINTEGRITY);
	for (; base < dir->i_size; base += UFS_DIRBLKSIZE) {
		error = ufs_read(fs, dir, base, block, sizeof(block), &done);
		if (error == 0)
			error = search(block, base, from, name, len, de);
		if (error != ENOENT)
			return (error);
	}
	return (ENOENT);
}

int
ufs_dir_next(struct ufs *fs, const struct ufs_inode *dir, uint64_t offset,
    struct ufs_dirent *de)
{
	return (walk(fs, dir, offset, NULL, 0, de));
}

int
ufs_dir_lookup(struct ufs *fs, const struct ufs_inode *dir, const char *name,
    size_t len, uint64_t *ino)
{
	struct ufs_dirent de;
	int error = walk(fs, dir, 0, name, len, &de);

	if (error == 0)
		*ino = de.de_ino;
	return (error);
}
