/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Class PART: gpart(8)'s verbs for GUID partition tables.  Other tables are
 * only read.
 *
 * A request loads the table, changes it in memory, has the disk's partitions be
 * those, and writes it if its flags have a "C", as gpart's do unless it is told
 * otherwise.  What isn't written waits in a list for a "commit" or an "undo".
 * What is wrong is said as gpart expects it: an errno's number, and words.
 */
#include "disk/bio.h"
#include "disk/geom_ctl.h"
#include "disk/gpt_edit.h"
#include "disk/part_describe.h"
#include "fbsd/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "vm/kmem.h"

#define ENTRIES	    128
#define ENTRIES_MAX 1024 /* of GPT_TABLE_MAX bytes */

/* One request at a time; also the list. */
static struct mutex part_lock = MUTEX_INITIALIZER(part_lock, "geom part");
static struct list pending = LIST_INITIALIZER(pending); /* (part_lock) */

/* A request under way. (part_lock) */
struct change {
	struct geom_req *req;
	struct disk *disk;
	struct gpt_edit *edit; /* NULL: there is no table */
};

/* Says `error`, and what it is about. */
#define FAIL(c, error, ...) geom_error((c)->req, (error), __VA_ARGS__)

static bool
text_number(const char *s, uint64_t *n)
{
	*n = 0;
	if (*s == '\0')
		return (false);
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*n, 10ul, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(*s - '0'), n))
			return (false);
	return (*s == '\0' && *n <= INT64_MAX);
}

/* A number that is text: "start", "size". */
static int
get_sectors(struct change *c, const char *name, uint64_t *n)
{
	const char *text = geom_text(c->req, name);

	if (text == NULL)
		return (FAIL(c, EINVAL, "%d param '%s'", ENOATTR, name));
	if (!text_number(text, n))
		return (FAIL(c, EINVAL, "%d %s '%s'", EINVAL, name, text));
	return (0);
}

/* A number that is one: "index", "entries"; *n stays if it isn't there. */
static int
get_number(struct change *c, const char *name, unsigned *n)
{
	const int64_t *value;

	if (geom_find(c->req, name) == NULL)
		return (0);
	value = geom_bytes(c->req, name, sizeof(*value));
	if (value == NULL || *value < 0 || *value > INT32_MAX)
		return (FAIL(c, EINVAL, "%d %s", EINVAL, name));
	*n = (unsigned)*value;
	return (0);
}

/* The entry that "index" names. */
static int
get_entry(struct change *c, unsigned *index, struct gpt_disk_entry *de)
{
	int error;

	*index = 0;
	if (geom_find(c->req, "index") == NULL)
		return (FAIL(c, EINVAL, "%d param 'index'", ENOATTR));
	error = get_number(c, "index", index);
	if (error != 0)
		return (error);
	if (*index >= 1 && *index <= c->edit->ge_header.entries) {
		*de = gpt_edit_get(c->edit, *index - 1);
		if (gpt_entry_used(de))
			return (0);
	}
	return (FAIL(c, ENOENT, "%d index '%u'", ENOENT, *index));
}

static int
get_type(struct change *c, uint8_t *guid)
{
	const char *type = geom_text(c->req, "type");
	const uint8_t *known = type != NULL ? part_type_find(type) : NULL;
	static const uint8_t none[16];

	if (type == NULL)
		return (FAIL(c, EINVAL, "%d param 'type'", ENOATTR));
	if (known != NULL)
		memcpy(guid, known, 16);
	else if (type[0] != '!' || !part_uuid_parse(type + 1, guid) ||
		 memcmp(guid, none, 16) == 0)
		return (FAIL(c, EINVAL, "%d type '%s'", EINVAL, type));
	return (0);
}

/* The code point that begins at *s, which is moved behind it. */
static uint32_t
next_point(const char **s)
{
	const unsigned char c = (unsigned char)*(*s)++;
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t point = more == 0 ? c : c & (0x3fu >> more);

	for (; more > 0 && (**s & 0xc0) == 0x80; more--)
		point = point << 6 | (*(*s)++ & 0x3f);
	return (point);
}

/* UTF-8 to the entry's UTF-16, as far as there is room. */
static void
set_label(struct gpt_disk_entry *de, const char *label)
{
	uint16_t units[nitems(de->name)] = {0};
	unsigned n = 0;

	while (*label != '\0' && n < nitems(units)) {
		uint32_t point = next_point(&label);

		if (point >= 0x10000 && n + 1 < nitems(units)) {
			units[n++] = (uint16_t)(0xd7c0 + (point >> 10 & 0x7ff));
			point = 0xdc00 | (point & 0x3ff);
		}
		units[n++] = (uint16_t)point;
	}
	memcpy(de->name, units, sizeof(units));
}

static void
tell(struct change *c, unsigned index, const char *what)
{
	geom_output(c->req, "%sp%u %s\n", c->disk->d_name, index, what);
}

/* Is [first, last] free, but for entry `self`? */
static int
check_free(struct change *c, uint64_t first, uint64_t last, unsigned self)
{
	struct gpt_disk_entry de;

	for (unsigned i = 0; i < c->edit->ge_header.entries; i++) {
		de = gpt_edit_get(c->edit, i);
		if (i + 1 == self || !gpt_entry_used(&de))
			continue;
		if (self == 0 && first >= de.first && first <= de.last)
			return (
			    FAIL(c, ENOSPC, "%d start '%lu'", ENOSPC, first));
		if (last >= de.first && last <= de.last)
			return (FAIL(c, ENOSPC, "%d end '%lu'", ENOSPC, last));
		if (first < de.first && last > de.last)
			return (FAIL(c, ENOSPC, "%d size '%lu'", ENOSPC,
			    last - first + 1));
	}
	return (0);
}

/* The index asked for, if it is free, or the first that is. */
static int
choose_index(struct change *c, unsigned *index)
{
	const unsigned entries = c->edit->ge_header.entries;
	struct gpt_disk_entry de;
	unsigned asked = 0;
	int error = get_number(c, "index", &asked);

	if (error != 0)
		return (error);
	if (asked > entries)
		return (FAIL(c, EINVAL, "%d index '%u'", EINVAL, asked));
	for (*index = MAX(asked, 1); *index <= entries; ++*index) {
		de = gpt_edit_get(c->edit, *index - 1);
		if (!gpt_entry_used(&de))
			return (0);
		if (asked != 0)
			return (
			    FAIL(c, EEXIST, "%d index '%u'", EEXIST, asked));
	}
	return (FAIL(c, ENOSPC, "%d index '%u'", ENOSPC, *index));
}

static int
verb_add(struct change *c)
{
	const struct gpt_disk_header *dh = &c->edit->ge_header;
	const char *label = geom_text(c->req, "label");
	struct gpt_disk_entry de = {0};
	uint64_t start, size;
	unsigned index = 0;
	int error;

	if ((error = get_sectors(c, "start", &start)) != 0 ||
	    (error = get_sectors(c, "size", &size)) != 0 ||
	    (error = get_type(c, de.type)) != 0)
		return (error);
	if (start < dh->first_usable || start > dh->last_usable)
		return (FAIL(c, EINVAL, "%d start '%lu'", EINVAL, start));
	if (size == 0 || size - 1 > dh->last_usable - start)
		return (FAIL(c, EINVAL, "%d size '%lu'", EINVAL, size));
	de.first = start;
	de.last = start + size - 1;
	if ((error = check_free(c, de.first, de.last, 0)) != 0 ||
	    (error = choose_index(c, &index)) != 0)
		return (error);
	if (label != NULL)
		set_label(&de, label);
	gpt_edit_set(c->edit, index - 1, &de);
	tell(c, index, "added");
	return (0);
}

/* Nobody may use what goes or becomes smaller. */
static bool
in_use(struct change *c, unsigned index)
{
	char name[DISK_NAME_MAX];
	unsigned readers, writers, claims;
	struct disk *dp;
	bool used;

	snprintf(name, sizeof(name), "%sp%u", c->disk->d_name, index);
	dp = disk_find(name);
	if (dp == NULL)
		return (false);
	disk_users(dp, &readers, &writers, &claims);
	used = readers != 0;
	disk_release(dp);
	return (used);
}

static int
verb_delete(struct change *c)
{
	static const struct gpt_disk_entry none;
	struct gpt_disk_entry de;
	unsigned index;
	int error = get_entry(c, &index, &de);

	if (error == 0 && in_use(c, index))
		error = FAIL(c, EBUSY, "%d", EBUSY);
	if (error != 0)
		return (error);
	gpt_edit_set(c->edit, index - 1, &none);
	tell(c, index, "deleted");
	return (0);
}

static int
verb_modify(struct change *c)
{
	const char *label = geom_text(c->req, "label");
	struct gpt_disk_entry de;
	unsigned index;
	int error = get_entry(c, &index, &de);

	if (error == 0 && geom_find(c->req, "type") != NULL)
		error = get_type(c, de.type);
	if (error != 0)
		return (error);
	if (label != NULL)
		set_label(&de, label);
	gpt_edit_set(c->edit, index - 1, &de);
	tell(c, index, "modified");
	return (0);
}

static int
verb_resize(struct change *c)
{
	struct gpt_disk_entry de;
	uint64_t size, last;
	unsigned index;
	int error;

	if ((error = get_entry(c, &index, &de)) != 0 ||
	    (error = get_sectors(c, "size", &size)) != 0)
		return (error);
	last = de.first + size - 1;
	if (size == 0 || size - 1 > c->edit->ge_header.last_usable - de.first)
		return (FAIL(c, EINVAL, "%d size '%lu'", EINVAL, size));
	error = check_free(c, de.first, last, index);
	if (error != 0)
		return (error);
	if (last < de.last && in_use(c, index))
		return (FAIL(c, EBUSY, "%d", EBUSY));
	de.last = last;
	gpt_edit_set(c->edit, index - 1, &de);
	tell(c, index, "resized");
	return (0);
}

/* Attributes of an entry. */
static int
set_attribute(struct change *c, bool set)
{
	static const struct {
		const char *name;
		uint64_t set, unset;
	} known[] = {{"bootme", GPT_ATTR_BOOTME, GPT_ATTR_BOOTME},
	    {"bootonce", GPT_ATTR_BOOTONCE | GPT_ATTR_BOOTME,
		GPT_ATTR_BOOTONCE},
	    {"bootfailed", GPT_ATTR_BOOTFAILED, GPT_ATTR_BOOTFAILED}};
	const char *name = geom_text(c->req, "attrib");
	struct gpt_disk_entry de;
	unsigned index;
	int error;

	if (name == NULL)
		return (FAIL(c, EINVAL, "%d param 'attrib'", ENOATTR));
	error = get_entry(c, &index, &de);
	if (error != 0)
		return (error);
	for (unsigned i = 0; i < nitems(known); i++) {
		if (strcmp(known[i].name, name) != 0)
			continue;
		if (set)
			de.attributes |= known[i].set;
		else
			de.attributes &= ~known[i].unset;
		gpt_edit_set(c->edit, index - 1, &de);
		geom_output(c->req, "%s %sset on %sp%u\n", name,
		    set ? "" : "un", c->disk->d_name, index);
		return (0);
	}
	return (FAIL(c, EINVAL, "%d attrib '%s'", EINVAL, name));
}

static int
verb_set(struct change *c)
{
	return (set_attribute(c, true));
}

static int
verb_unset(struct change *c)
{
	return (set_attribute(c, false));
}

/* The program before the first sector's table. */
static int
verb_bootcode(struct change *c)
{
	const struct geom_arg *ga = geom_find(c->req, "bootcode");
	const size_t room = 446;

	if (ga == NULL || !ga->ga_read)
		return (FAIL(c, EINVAL, "%d param 'bootcode'", ENOATTR));
	if (ga->ga_len > sizeof(c->edit->ge_mbr))
		return (FAIL(c, EFBIG, "%d", EFBIG));
	memset(c->edit->ge_mbr, 0, room);
	memcpy(c->edit->ge_mbr, ga->ga_value, MIN(ga->ga_len, room));
	geom_output(c->req, "bootcode written to %s\n", c->disk->d_name);
	return (0);
}

static int
verb_recover(struct change *c)
{
	const bool needed = c->edit->ge_corrupt;

	if (needed)
		gpt_edit_renew(c->edit);
	geom_output(c->req, "%s %s\n", c->disk->d_name,
	    needed ? "recovered" : "recovering is not needed");
	return (0);
}

static int
verb_destroy(struct change *c)
{
	static const struct gpt_disk_entry none;
	const uint32_t *force = geom_bytes(c->req, "force", sizeof(*force));
	struct gpt_disk_entry de;

	for (unsigned i = 0; i < c->edit->ge_header.entries; i++) {
		de = gpt_edit_get(c->edit, i);
		if (!gpt_entry_used(&de))
			continue;
		if (force == NULL || *force == 0 || in_use(c, i + 1))
			return (FAIL(c, EBUSY, "%d", EBUSY));
	}
	for (unsigned i = 0; i < c->edit->ge_header.entries; i++)
		gpt_edit_set(c->edit, i, &none);
	c->edit->ge_destroyed = true;
	geom_output(c->req, "%s destroyed\n", c->disk->d_name);
	return (0);
}

static int
verb_create(struct change *c)
{
	const char *scheme = geom_text(c->req, "scheme");
	struct gpt_edit *before = c->edit;
	unsigned entries = ENTRIES;
	int error = get_number(c, "entries", &entries);

	if (error != 0)
		return (error);
	if (scheme == NULL)
		return (FAIL(c, EINVAL, "%d param 'scheme'", ENOATTR));
	if ((before != NULL && !before->ge_destroyed) ||
	    c->disk->d_scheme != DISK_PLAIN)
		return (
		    FAIL(c, EEXIST, "%d geom '%s'", EEXIST, c->disk->d_name));
	if (strcmp(scheme, "GPT") != 0 && strcmp(scheme, "gpt") != 0)
		return (FAIL(c, EOPNOTSUPP,
		    "%d scheme '%s': only GPT can be made here", EOPNOTSUPP,
		    scheme));
	if (entries < 1 || entries > ENTRIES_MAX)
		return (FAIL(c, EINVAL, "%d entries '%u'", EINVAL, entries));
	error = gpt_edit_create(c->disk, entries, &c->edit);
	if (error != 0)
		return (FAIL(c, error, "%d provider", error));
	/* It takes the place of one that was destroyed. */
	if (before != NULL) {
		list_remove(&before->ge_link);
		gpt_edit_free(before);
	}
	geom_output(c->req, "%s created\n", c->disk->d_name);
	return (0);
}

/* What a disk has become, or had. */
static int
set_parts(struct change *c)
{
	struct gpt_edit *ge = c->edit;
	const unsigned most =
	    ge != NULL ? MIN(ge->ge_header.entries, ENTRIES) : 0;
	struct part *parts = NULL;
	unsigned n = 0;
	int error;

	if (most != 0) {
		parts = kmem_alloc(most * sizeof(*parts), 0);
		if (parts == NULL)
			return (FAIL(c, ENOMEM, "%d", ENOMEM));
	}
	for (unsigned i = 0; i < most; i++)
		if (gpt_edit_part(ge, i, &parts[n]))
			n++;
	error = disk_set_parts(c->disk, parts, n,
	    ge == NULL || ge->ge_destroyed ? DISK_PLAIN : DISK_GPT);
	if (parts != NULL)
		kmem_free(parts, most * sizeof(*parts));
	return (error != 0 ? FAIL(c, error, "%d", error) : 0);
}

/* It waits in the list, once. */
static void
keep(struct change *c)
{
	if (c->edit != NULL && !list_linked(&c->edit->ge_link))
		list_push_back(&pending, &c->edit->ge_link);
}

static int
commit(struct change *c)
{
	int error = gpt_edit_write(c->edit);

	if (error != 0) {
		keep(c);
		return (FAIL(c, error, "%d", error));
	}
	list_remove(&c->edit->ge_link);
	return (0);
}

static int
verb_commit(struct change *c)
{
	if (c->edit == NULL || !list_linked(&c->edit->ge_link))
		return (FAIL(c, EPERM, "%d", EPERM));
	return (commit(c));
}

/* Back to what is on the disk. */
static int
verb_undo(struct change *c)
{
	int error;

	if (c->edit == NULL || !list_linked(&c->edit->ge_link))
		return (FAIL(c, EPERM, "%d", EPERM));
	list_remove(&c->edit->ge_link);
	gpt_edit_free(c->edit);
	c->edit = NULL;
	error = gpt_edit_load(c->disk, &c->edit);
	if (error != 0 && error != ENOENT)
		return (FAIL(c, error, "%d", error));
	return (set_parts(c));
}

static const struct verb {
	const char *name;
	int (*fn)(struct change *c);
	bool makes;   /* a table where there is none */
	bool changes; /* one that may have to be written */
	bool mends;   /* one that isn't what it should be */
} verbs[] = {{"add", verb_add, .changes = true},
    {"bootcode", verb_bootcode, .changes = true},
    {"commit", verb_commit, .mends = true},
    {"create", verb_create, .makes = true, .changes = true},
    {"delete", verb_delete, .changes = true},
    {"destroy", verb_destroy, .changes = true, .mends = true},
    {"modify", verb_modify, .changes = true},
    {"recover", verb_recover, .changes = true, .mends = true},
    {"resize", verb_resize, .changes = true},
    {"set", verb_set, .changes = true}, {"undo", verb_undo, .mends = true},
    {"unset", verb_unset, .changes = true}};

/* Those of disks that have gone wait for nothing. */
static void
drop_gone(void)
{
	struct gpt_edit *ge, *next;

	LIST_FOREACH_SAFE (ge, &pending, ge_link, next)
		if (disk_is_gone(ge->ge_disk)) {
			list_remove(&ge->ge_link);
			gpt_edit_free(ge);
		}
}

/* The table that waits, or the disk's. */
static int
find_edit(struct change *c)
{
	struct gpt_edit *ge;
	int error;

	drop_gone();
	LIST_FOREACH (ge, &pending, ge_link)
		if (ge->ge_disk == c->disk) {
			c->edit = ge;
			return (0);
		}
	error = gpt_edit_load(c->disk, &c->edit);
	return (error == ENOENT ? 0 : error);
}

/* Does the disk let its table be changed? */
static int
check_disk(struct change *c, const struct verb *v)
{
	const char *name = c->disk->d_name;
	unsigned readers, writers, claims;

	if (c->disk->d_whole != c->disk)
		return (FAIL(c, ENXIO, "%d geom '%s'", ENXIO, name));
	if (!v->makes && (c->edit == NULL || c->edit->ge_destroyed) &&
	    v->changes) {
		if (c->disk->d_scheme != DISK_PLAIN)
			return (FAIL(c, EOPNOTSUPP,
			    "%d geom '%s': only GPTs can be changed here",
			    EOPNOTSUPP, name));
		return (FAIL(c, EINVAL, "%d arg0 '%s'", EINVAL, name));
	}
	if (c->edit != NULL && c->edit->ge_corrupt && !v->mends && !v->makes)
		return (
		    FAIL(c, EPERM, "%d table '%s' is corrupt", EPERM, name));
	/* Who only looks at it is in nobody's way. */
	disk_users(c->disk, &readers, &writers, &claims);
	if (writers + claims != 0 || c->disk->d_readonly)
		return (FAIL(c, EPERM, "%d geom '%s'", EPERM, name));
	return (0);
}

/* A request is all or nothing, but for what can't be written. */
static int
do_verb(struct change *c, const struct verb *v)
{
	const char *flags = geom_text(c->req, "flags");
	int error = find_edit(c);

	if (error != 0)
		return (FAIL(c, error, "%d geom '%s'", error, c->disk->d_name));
	error = check_disk(c, v);
	if (error == 0)
		error = v->fn(c);
	if (error == 0 && v->changes)
		error = set_parts(c);
	if (error != 0 || !v->changes)
		return (error);
	if (flags != NULL && strchr(flags, 'C') != NULL)
		return (commit(c));
	keep(c);
	return (0);
}

static void
request(struct geom_req *req, const struct verb *v, const char *name)
{
	struct change c = {.req = req, .disk = disk_find(name)};

	if (c.disk == NULL) {
		(void)geom_error(req, EINVAL, "%d arg0 '%s'", EINVAL, name);
		return;
	}
	mutex_lock(&part_lock);
	(void)do_verb(&c, v);
	if (c.edit != NULL && !list_linked(&c.edit->ge_link))
		gpt_edit_free(c.edit);
	mutex_unlock(&part_lock);
	disk_release(c.disk);
}

void
geom_part_request(struct geom_req *req, const char *verb)
{
	const char *name = geom_text(req, "arg0");
	int error = priv_check(curthread());

	if (error != 0) {
		(void)geom_error(req, error, "%d verb '%s'", error, verb);
		return;
	}
	for (unsigned i = 0; i < nitems(verbs); i++) {
		if (strcmp(verbs[i].name, verb) != 0)
			continue;
		if (name == NULL)
			(void)geom_error(
			    req, EINVAL, "%d param 'arg0'", ENOATTR);
		else
			request(req, &verbs[i], name);
		return;
	}
	error = strcmp(verb, "move") == 0 ? ENOSYS : EINVAL;
	(void)geom_error(req, EINVAL, "%d verb '%s'", error, verb);
}

void
geom_part_room(struct disk *dp, struct geom_room *room)
{
	struct change c = {.disk = dp};

	mutex_lock(&part_lock);
	if (find_edit(&c) == 0 && c.edit != NULL) {
		room->first = c.edit->ge_header.first_usable;
		room->last = c.edit->ge_header.last_usable;
		room->entries = c.edit->ge_header.entries;
		room->corrupt = c.edit->ge_corrupt;
		room->pending = list_linked(&c.edit->ge_link);
		if (!room->pending)
			gpt_edit_free(c.edit);
	}
	mutex_unlock(&part_lock);
}
