/* SPDX-License-Identifier: BSD-2-Clause */

/* Reads the folder that imp image create makes a file system of. */

#include <dirent.h>
#include <err.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "image_tree.h"
#include "imp.h"

/* A file with more than one name, by the folder's own numbers. */
struct known {
	dev_t dev;
	ino_t ino;
	struct node *node;
};

static int
known_order(const void *a, const void *b)
{
	const struct known *one = a, *two = b;

	if (one->dev != two->dev)
		return (one->dev < two->dev ? -1 : 1);
	return ((one->ino > two->ino) - (one->ino < two->ino));
}

uint64_t
tree_device(uint64_t major, uint64_t minor)
{
	return ((major & 0xffffff00) << 32 | (major & 0xff) << 8 |
		(minor & 0xff00) << 24 | (minor & 0xffff00ff));
}

static struct node *
node_new(struct node *parent, const char *name)
{
	struct node *node = calloc(1, sizeof(*node));

	if (node == NULL)
		err(EXIT_IMP, "memory");
	node->name = format("%s", name);
	node->parent = parent != NULL ? parent : node;
	node->file = node;
	return (node);
}

struct node *
tree_find(struct node *dir, const char *name)
{
	for (struct node *n = dir->first; n != NULL; n = n->next)
		if (strcmp(n->name, name) == 0)
			return (n);
	return (NULL);
}

struct node *
tree_add(struct node *dir, const char *name)
{
	struct node **at = &dir->first, *node = node_new(dir, name);

	while (*at != NULL && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	node->next = *at;
	*at = node;
	return (node);
}

void
tree_visit(struct node *node, void (*visit)(struct node *, void *), void *arg)
{
	visit(node, arg);
	for (struct node *n = node->first; n != NULL; n = n->next)
		tree_visit(n, visit, arg);
}

static void
read_link(struct node *node)
{
	char text[4096];
	ssize_t n = readlink(node->path, text, sizeof(text));

	if (n < 0)
		err(EXIT_IMP, "%s", node->path);
	if (n >= 1024)
		errx(EXIT_IMP, "%s: a link has at most 1023 bytes", node->path);
	node->link = format("%.*s", (int)n, text);
	node->size = (uint64_t)n;
}

/* Another name of a file that was seen before belongs to that. */
static void
join(void **seen, struct node *node, const struct stat *st)
{
	struct known *key = malloc(sizeof(*key)), **found;

	if (key == NULL)
		err(EXIT_IMP, "memory");
	*key = (struct known){st->st_dev, st->st_ino, node};
	found = tsearch(key, seen, known_order);
	if (found == NULL)
		err(EXIT_IMP, "memory");
	if (*found != key) {
		node->file = (*found)->node;
		free(key);
	}
}

static void read_folder(void **seen, struct node *dir);

static void
read_node(void **seen, struct node *node, char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		err(EXIT_IMP, "%s", path);
	if (S_ISSOCK(st.st_mode))
		errx(EXIT_IMP, "%s: a socket can't be in an image", path);
	node->path = path;
	node->mode = st.st_mode;
	node->time = st.st_mtim;
	if (S_ISREG(st.st_mode))
		node->size = (uint64_t)st.st_size;
	if (S_ISREG(st.st_mode) && access(path, R_OK) != 0)
		err(EXIT_IMP, "%s", path);
	if (S_ISLNK(st.st_mode))
		read_link(node);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		node->device =
		    tree_device(major(st.st_rdev), minor(st.st_rdev));
	if (S_ISDIR(st.st_mode))
		read_folder(seen, node);
	else if (st.st_nlink > 1)
		join(seen, node, &st);
}

static int
not_itself(const struct dirent *de)
{
	return (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return (strcmp((*a)->d_name, (*b)->d_name));
}

static void
read_folder(void **seen, struct node *dir)
{
	struct node **last = &dir->first;
	struct dirent **names;
	int n = scandir(dir->path, &names, not_itself, by_name);

	if (n < 0)
		err(EXIT_IMP, "%s", dir->path);
	for (int i = 0; i < n; i++) {
		*last = node_new(dir, names[i]->d_name);
		read_node(
		    seen, *last, format("%s/%s", dir->path, names[i]->d_name));
		last = &(*last)->next;
		free(names[i]);
	}
	free(names);
}

struct node *
tree_read(const char *folder)
{
	struct node *root = node_new(NULL, ".");
	void *seen = NULL;
	struct stat st;

	if (stat(folder, &st) != 0)
		err(EXIT_NOTFOUND, "%s", folder);
	if (!S_ISDIR(st.st_mode))
		errx(EXIT_IMP, "%s: it isn't a folder", folder);
	/* A link to a folder is meant as the folder. */
	read_node(&seen, root, format("%s/.", folder));
	tdestroy(seen, free);
	return (root);
}
