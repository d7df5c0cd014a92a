/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * DISK[:PARTITION]: which part of a file is meant.
 */

#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/ufs/ufs_format.h"
#include "imp.h"
#include "partition.h"
#include "shared/tables.h"

struct disk {
	struct table_source source;
	int fd;
	const char *name;
	int count;
	struct table_entry list[TABLE_MAX];
	uint8_t scratch[TABLE_SCRATCH];
};

static bool
read_disk(struct table_source *src, uint64_t offset, void *buf, size_t size)
{
	struct disk *d = (struct disk *)src;

	return (pread(d->fd, buf, size, (off_t)offset) == (ssize_t)size);
}

/* The name is a file's; else what is behind the last colon is a partition. */
static char *
split(const char *name, const char **partition)
{
	const char *colon = strrchr(name, ':');

	*partition = NULL;
	if (access(name, F_OK) == 0 || colon == NULL || colon == name)
		return (format("%s", name));
	*partition = colon + 1;
	return (format("%.*s", (int)(colon - name), name));
}

static bool
has_ufs(struct disk *d, uint64_t start, uint64_t size)
{
	static const uint64_t places[] = {65536, 8192, 0, 262144};
	int32_t magic;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] + UFS_SB_SIZE <= size &&
		    read_disk(&d->source,
			start + places[i] +
			    offsetof(struct ufs_superblock, fs_magic),
			&magic, sizeof(magic)) &&
		    (magic == UFS2_MAGIC || magic == UFS1_MAGIC))
			return (true);
	return (false);
}

static bool
is_called(const struct table_entry *e, const char *name)
{
	return (strcmp(e->name, name) == 0 ||
		(isdigit((unsigned char)name[0]) &&
		    strcmp(e->name + 1, name) == 0) ||
		(e->label[0] != '\0' && strcmp(e->label, name) == 0));
}

static const struct table_entry *
choose(struct disk *d, const char *partition)
{
	for (int i = 0; i < d->count; i++) {
		const struct table_entry *e = &d->list[i];

		if (partition != NULL ? is_called(e, partition)
				      : has_ufs(d, e->start, e->size))
			return (e);
	}
	if (partition != NULL)
		errx(EXIT_IMP, "%s: there is no partition %s", d->name,
		    partition);
	errx(EXIT_IMP, "%s: none of its partitions has a UFS file system",
	    d->name);
}

static struct disk *
open_disk(char *name, bool writable)
{
	struct disk *d = calloc(1, sizeof(*d));
	off_t size;

	if (d == NULL)
		err(EXIT_IMP, "memory");
	d->name = name;
	d->fd = open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (d->fd < 0)
		err(EXIT_IMP, "%s", name);
	size = lseek(d->fd, 0, SEEK_END);
	if (size < 0)
		err(EXIT_IMP, "%s", name);
	d->source.read = read_disk;
	d->source.size = (uint64_t)size;
	return (d);
}

void
partition_open(const char *name, bool writable, struct partition_place *place)
{
	const char *partition, *why;
	char *file = split(name, &partition);
	struct disk *d = open_disk(file, writable);
	const struct table_entry *e;

	*place = (struct partition_place){d->fd, 0, d->source.size};
	d->count = table_read(&d->source, d->list, d->scratch, &why);
	if (d->count < 0 && (partition != NULL || why != NULL))
		errx(EXIT_IMP, "%s: %s", file,
		    why != NULL ? why : "there is no partition table");
	if (d->count >= 0 &&
	    (partition != NULL || !has_ufs(d, 0, d->source.size))) {
		e = choose(d, partition);
		place->start = e->start;
		place->size = e->size;
	}
	free(d);
	free(file);
}
