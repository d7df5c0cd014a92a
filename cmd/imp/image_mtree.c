/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Lists in the form of mtree(5): one line for each file, with its name and
 * keywords; /set and /unset change what holds for the lines that follow.  A
 * name with a slash in it is counted from the root; one without belongs to the
 * directory that the last such line named, and ".." leaves it.
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image_tree.h"
#include "imp.h"

/* What a line says; UNSET: nothing. */
#define UNSET UINT32_MAX
struct words {
	uint32_t type; /* of S_IFMT */
	uint32_t mode, uid, gid, flags;
	struct timespec time; /* tv_nsec is -1: unset */
	uint64_t device;
	char *link;
	bool optional;
};

static const struct words nothing = {
    UNSET, UNSET, UNSET, UNSET, UNSET, {0, -1}, 0, NULL, false};

static struct {
	const char *name, *folder;
	unsigned line;
	struct node *root, *dir;
	struct words set;
} list;

static _Noreturn void
wrong(const char *what, const char *text)
{
	errx(EXIT_IMP, "%s:%u: %s: %s", list.name, list.line, text, what);
}

static uint64_t
number(const char *text, int base, uint64_t most)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, base);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 ||
	    n > most)
		wrong("it isn't a number for that", text);
	return (n);
}

/* A file of the folder's etc. */
static FILE *
open_etc(const char *name)
{
	char *path = format("%s/etc/%s", list.folder, name);
	FILE *f = fopen(path, "re");

	free(path);
	return (f);
}

/* The number in the third field, of seven or ten, of the line that begins with
 * the name.  Root and wheel are who they are anywhere. */
static uint32_t
id_of(const char *file, const char *name, const char *known)
{
	FILE *f = open_etc(file);
	size_t room = 0, n = strlen(name);
	char *line = NULL, *at, *end;
	unsigned long id = UNSET;

	while (f != NULL && id == UNSET && getline(&line, &room, f) > 0) {
		if (strncmp(line, name, n) != 0 || line[n] != ':')
			continue;
		at = strchr(line + n + 1, ':');
		if (at == NULL)
			continue;
		id = strtoul(at + 1, &end, 10);
		if (end == at + 1 || *end != ':')
			id = UNSET;
	}
	free(line);
	if (f != NULL)
		fclose(f);
	if (id >= UNSET && strcmp(name, known) == 0)
		return (0);
	if (id >= UNSET)
		wrong("the folder's etc has nobody of that name", name);
	return ((uint32_t)id);
}

static uint32_t
type_of(const char *name)
{
	static const struct {
		const char *name;
		uint32_t type;
	} types[] = {{"dir", S_IFDIR}, {"file", S_IFREG}, {"link", S_IFLNK},
	    {"fifo", S_IFIFO}, {"char", S_IFCHR}, {"block", S_IFBLK}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return (types[i].type);
	wrong("there is no such type", name);
}

/* One of chflags(1)'s words. */
static uint32_t
flag_of(const char *name)
{
	static const struct {
		const char *names[3];
		uint32_t flag;
	} flags[] = {{{"nodump"}, 0x1},
	    {{"uchg", "uchange", "uimmutable"}, 0x2},
	    {{"uappnd", "uappend"}, 0x4}, {{"opaque"}, 0x8},
	    {{"uunlnk", "uunlink"}, 0x10}, {{"usystem", "system"}, 0x80},
	    {{"usparse", "sparse"}, 0x100}, {{"uoffline", "offline"}, 0x200},
	    {{"ureparse", "reparse"}, 0x400}, {{"uarch", "uarchive"}, 0x800},
	    {{"urdonly", "rdonly", "readonly"}, 0x1000},
	    {{"uhidden", "hidden"}, 0x8000}, {{"arch", "archived"}, 0x10000},
	    {{"schg", "schange", "simmutable"}, 0x20000},
	    {{"sappnd", "sappend"}, 0x40000},
	    {{"sunlnk", "sunlink"}, 0x100000}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		for (size_t j = 0; j < 3 && flags[i].names[j] != NULL; j++)
			if (strcmp(flags[i].names[j], name) == 0)
				return (flags[i].flag);
	wrong("there is no such flag", name);
}

static uint32_t
flags_of(char *text)
{
	uint32_t all = 0;
	char *rest = NULL;

	if (strcmp(text, "none") == 0)
		return (0);
	for (char *s = strtok_r(text, ",", &rest); s != NULL;
	     s = strtok_r(NULL, ",", &rest))
		all |= flag_of(s);
	return (all);
}

/* Seconds, a point, and nanoseconds: mtree writes them without leading zeros.
 */
static struct timespec
time_of(char *text)
{
	char *point = strchr(text, '.');
	struct timespec t = {0};

	if (point != NULL) {
		*point = '\0';
		t.tv_nsec = (long)number(point + 1, 10, 999999999);
	}
	t.tv_sec = (time_t)number(text, 10, INT64_MAX);
	return (t);
}

/* native,MAJOR,MINOR or so, or one number. */
static uint64_t
device_of(char *text)
{
	char *minor, *major = strchr(text, ',');

	if (major == NULL)
		return (number(text, 0, UINT64_MAX));
	minor = strchr(major + 1, ',');
	if (minor != NULL) {
		*minor = '\0';
		return (tree_device(number(major + 1, 0, UINT32_MAX),
		    number(minor + 1, 0, UINT32_MAX)));
	}
	wrong("it has no minor number", text);
}

/* One character of those that vis(3) makes; *at is moved behind it. */
static char
decode(const char **at)
{
	static const char letters[] = "n\nr\rt\ts a\ab\bv\vf\f";
	const char *s = *at, *found;
	unsigned value = 0;

	if (*s++ != '\\' || *s == '\0') {
		*at = s;
		return (s[-1]);
	}
	if (*s >= '0' && *s <= '7') {
		for (int i = 0; i < 3 && *s >= '0' && *s <= '7'; i++)
			value = value * 8 + (unsigned)(*s++ - '0');
		*at = s;
		return ((char)value);
	}
	*at = s + 1;
	found = strchr(letters, *s);
	return (found != NULL && (found - letters) % 2 == 0 ? found[1] : *s);
}

static char *
decoded(const char *text)
{
	char *out = format("%s", text), *end = out;

	while (*text != '\0')
		*end++ = decode(&text);
	*end = '\0';
	return (out);
}

/* Those of mtree's keywords that say nothing that a file system keeps. */
static bool
is_ignored(const char *key)
{
	static const char names[] =
	    " size nlink tags cksum md5 md5digest rmd160 rmd160digest "
	    "ripemd160digest sha1 sha1digest sha256 sha256digest sha384 "
	    "sha384digest sha512 sha512digest inode ignore nochange ";
	char *whole = format(" %s ", key);
	bool found = strstr(names, whole) != NULL;

	free(whole);
	return (found);
}

static void
keyword(struct words *w, const char *key, char *value)
{
	if (strcmp(key, "type") == 0)
		w->type = type_of(value);
	else if (strcmp(key, "mode") == 0)
		w->mode = (uint32_t)number(value, 8, 07777);
	else if (strcmp(key, "uid") == 0)
		w->uid = (uint32_t)number(value, 10, UNSET - 1);
	else if (strcmp(key, "gid") == 0)
		w->gid = (uint32_t)number(value, 10, UNSET - 1);
	else if (strcmp(key, "uname") == 0)
		w->uid = id_of("master.passwd", value, "root");
	else if (strcmp(key, "gname") == 0)
		w->gid = id_of("group", value, "wheel");
	else if (strcmp(key, "flags") == 0)
		w->flags = flags_of(value);
	else if (strcmp(key, "time") == 0)
		w->time = time_of(value);
	else if (strcmp(key, "link") == 0)
		w->link = decoded(value);
	else if (strcmp(key, "device") == 0)
		w->device = device_of(value);
	else if (strcmp(key, "optional") == 0)
		w->optional = true;
	else if (!is_ignored(key))
		wrong("there is no such keyword", key);
}

static void
unset(struct words *w, const char *key)
{
	if (strcmp(key, "all") == 0)
		*w = nothing;
	else if (strcmp(key, "type") == 0)
		w->type = UNSET;
	else if (strcmp(key, "mode") == 0)
		w->mode = UNSET;
	else if (strcmp(key, "uid") == 0 || strcmp(key, "uname") == 0)
		w->uid = UNSET;
	else if (strcmp(key, "gid") == 0 || strcmp(key, "gname") == 0)
		w->gid = UNSET;
	else if (strcmp(key, "flags") == 0)
		w->flags = UNSET;
	else if (strcmp(key, "time") == 0)
		w->time.tv_nsec = -1;
	else if (!is_ignored(key))
		wrong("there is no such keyword", key);
}

static void
keywords(struct words *w, char **rest)
{
	char *word, *value;

	while ((word = strtok_r(NULL, " \t", rest)) != NULL) {
		value = strchr(word, '=');
		if (value != NULL)
			*value++ = '\0';
		keyword(w, word, value != NULL ? value : word + strlen(word));
	}
}

/* The file of a line, from a directory on; NULL: it isn't there.  *dir and
 * *name are what it would be called, and where. */
static struct node *
find(struct node **dir, char *path, char **name)
{
	struct node *node = *dir;
	char *rest = NULL, *s;

	*name = NULL;
	for (s = strtok_r(path, "/", &rest); s != NULL;
	     s = strtok_r(NULL, "/", &rest)) {
		if (strcmp(s, ".") == 0)
			continue;
		if (node == NULL || (node->mode & S_IFMT) != S_IFDIR)
			wrong("the list has no directory for it", s);
		*dir = node;
		*name = s;
		node = tree_find(node, s);
	}
	return (node);
}

/* One that the folder hasn't got, but the list. */
static struct node *
create(const struct words *w, struct node *dir, const char *name)
{
	struct node *node;

	if (w->type == UNSET || w->type == S_IFREG ||
	    (w->type == S_IFLNK && w->link == NULL))
		wrong("the folder hasn't got it", name);
	node = tree_add(dir, name);
	node->mode =
	    w->type | (w->type == S_IFDIR || w->type == S_IFLNK ? 0755 : 0644);
	node->device = w->device;
	(void)clock_gettime(CLOCK_REALTIME, &node->time);
	return (node);
}

static void
apply(const struct words *w, struct node *node)
{
	struct node *file = node->file;

	if (w->type != UNSET && (file->mode & S_IFMT) != w->type)
		wrong("in the folder it has another type", node->name);
	if (w->mode != UNSET)
		file->mode = (file->mode & S_IFMT) | w->mode;
	if (w->uid != UNSET)
		file->uid = w->uid;
	if (w->gid != UNSET)
		file->gid = w->gid;
	if (w->flags != UNSET)
		file->flags = w->flags;
	if (w->time.tv_nsec >= 0)
		file->time = w->time;
	if (w->link != NULL && (file->mode & S_IFMT) == S_IFLNK) {
		file->link = w->link;
		file->size = strlen(w->link);
	}
}

static void
entry(char *word, char **rest)
{
	struct words w = list.set;
	char *path = decoded(word), *name;
	bool whole = strchr(word, '/') != NULL;
	struct node *dir = whole ? list.root : list.dir, *node;

	keywords(&w, rest);
	node = find(&dir, path, &name);
	if (node == NULL && !w.optional)
		node = create(&w, dir, name);
	if (node != NULL)
		apply(&w, node);
	if (node != NULL && !whole && (node->mode & S_IFMT) == S_IFDIR)
		list.dir = node;
	free(path);
}

static void
line(char *text)
{
	char *rest = NULL, *word, *key;

	word = strtok_r(text, " \t", &rest);
	if (word == NULL || word[0] == '#')
		return;
	if (strcmp(word, "/set") == 0)
		keywords(&list.set, &rest);
	else if (strcmp(word, "/unset") == 0)
		while ((key = strtok_r(NULL, " \t", &rest)) != NULL)
			unset(&list.set, key);
	else if (strcmp(word, "..") == 0)
		list.dir = list.dir->parent;
	else
		entry(word, &rest);
}

/* A line; one that ends in a backslash goes on in the next one. */
static char *
next_line(FILE *f)
{
	char *whole = format("%s", ""), *part = NULL, *longer;
	size_t room = 0, n;
	ssize_t got;
	bool more = true;

	while (more && (got = getline(&part, &room, f)) > 0) {
		list.line++;
		n = (size_t)got;
		n -= part[n - 1] == '\n';
		more = n > 0 && part[n - 1] == '\\';
		part[n - more] = '\0';
		longer = format("%s%s", whole, part);
		free(whole);
		whole = longer;
	}
	free(part);
	if (more && whole[0] == '\0') {
		free(whole);
		return (NULL);
	}
	return (whole);
}

void
mtree_apply(struct node *root, const char *name, const char *folder)
{
	FILE *f = fopen(name, "re");
	char *text;

	if (f == NULL)
		err(EXIT_IMP, "%s", name);
	list.name = name;
	list.folder = folder;
	list.root = list.dir = root;
	list.set = nothing;
	while ((text = next_line(f)) != NULL) {
		line(text);
		free(text);
	}
	if (ferror(f))
		err(EXIT_IMP, "%s", name);
	fclose(f);
}
