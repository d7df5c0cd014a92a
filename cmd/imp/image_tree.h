/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMAGE_TREE_H
#define IMAGE_TREE_H

/* What `imp image create` puts into a file system. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A name, and the file that it is of. */
struct node {
	char *name;
	struct node *parent;	   /* the root's is itself */
	struct node *first, *next; /* in a directory, by name */
	struct node *file; /* itself, or the first name of the same file, to
			      which all that follows belongs */
	char *path;	   /* where its contents are; NULL: nowhere */
	char *link;	   /* a symbolic link's text */
	uint32_t mode;	   /* S_IFMT and permissions */
	uint32_t uid, gid, flags;
	uint64_t size, device;
	struct timespec time;
	uint32_t links, ino;
};

/* A folder and all below it, everything root's.  Errors end the command. */
struct node *tree_read(const char *folder);
/* The entry of a directory, NULL if there is none; the new one, empty. */
struct node *tree_find(struct node *dir, const char *name);
struct node *tree_add(struct node *dir, const char *name);
/* In an order in which each directory comes before what is in it. */
void tree_visit(
    struct node *node, void (*visit)(struct node *, void *), void *);
/* FreeBSD's form of a device's number. */
uint64_t tree_device(uint64_t major, uint64_t minor);

/* image_mtree.c: what a list in mtree(5)'s form says of the tree; names of
 * users are those of the folder. */
void mtree_apply(struct node *root, const char *list, const char *folder);

/* image_fill.c: what the file system for a tree takes. */
struct fill_need {
	uint64_t blocks; /* for data and addresses */
	uint64_t inodes;
};
/* Numbers the tree's inodes and counts: once, when it is complete. */
void fill_count(struct node *root, struct fill_need *need);
/* Bytes: the smallest that is large enough, `from` or more. */
uint64_t fill_least(const struct fill_need *need, uint64_t from);
/* Makes it in an empty place of a file, of such a size. */
struct fill_place {
	int fd;
	uint64_t start, size; /* bytes */
	const char *label;    /* the file system's name, if it isn't too long */
};
void fill_write(struct node *root, const struct fill_need *need,
    const struct fill_place *place);

#endif
