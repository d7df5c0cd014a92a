/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.geom.confxml: disks, their partition tables and their labels, as the
 * tree of FreeBSD's GEOM that gpart(8), geom(8) and glabel(8) read; and
 * kern.geom.conftxt, a line for each of them, that rc's growfs reads, and
 * kern.geom.confdot, a drawing of it.  Of what lies side by side in the tree
 * the last comes first, since those who read it turn it round.
 *
 * A class DISK has whole disks that are hardware, others have their own (MD),
 * PART what has a table, with a provider for each partition, and LABEL each
 * disk that has names besides.  Things refer to each other by numbers, which
 * are made of what they are and of the disk's own.
 */
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "disk/geom_ctl.h"
#include "disk/part_describe.h"
#include "disk/part_table.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define LINE_SIZE 256
/* FreeBSD's, of a disk that doesn't know its own. */
#define HEADS	255
#define SECTORS 63

enum { CLASS_DISK = 1, CLASS_MD, CLASS_PART, CLASS_LABEL };
enum thing { PROVIDER = 1, GEOM, PART_GEOM, PART_CONSUMER, LABEL_THINGS };

/* The disks there were when it was begun, and what is written so far; an error
 * doesn't end it, for the size counts. */
struct tree {
	struct sysctl_req *req;
	int error;
	struct disk **disks;
	unsigned count, room;
};

/* ENOMEM. */
static int
add_disk(struct tree *t, struct disk *dp)
{
	const unsigned room = t->room == 0 ? 16 : 2 * t->room;
	struct disk **disks;

	if (t->count == t->room) {
		disks = kmem_alloc(room * sizeof(struct disk *), KM_ZERO);
		if (disks == NULL)
			return (ENOMEM);
		if (t->room != 0) {
			memcpy(disks, t->disks, t->room * sizeof(*disks));
			kmem_free(t->disks, t->room * sizeof(*disks));
		}
		t->disks = disks;
		t->room = room;
	}
	disk_hold(dp);
	t->disks[t->count++] = dp;
	return (0);
}

static void
end_tree(struct tree *t)
{
	for (unsigned i = 0; i < t->count; i++)
		disk_release(t->disks[i]);
	if (t->room != 0)
		kmem_free(t->disks, t->room * sizeof(struct disk *));
}

/* ENOMEM. */
static int
begin_tree(struct tree *t, struct sysctl_req *req)
{
	int error = 0;

	*t = (struct tree){.req = req};
	for (struct disk *dp = NULL; (dp = disk_next(dp)) != NULL;)
		if (error == 0)
			error = add_disk(t, dp);
	if (error != 0)
		end_tree(t);
	return (error);
}

static void
put_text(struct tree *t, const char *text, size_t size)
{
	int error = sysctl_out(t->req, text, size);

	if (t->error == 0)
		t->error = error;
}

static void __printflike(2, 3) put(struct tree *t, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	put_text(t, line, strlen(line));
}

/* <key>text</key>, where the text may be anything. */
static void
put_escaped(struct tree *t, const char *key, const char *text)
{
	put(t, "<%s>", key);
	for (; *text != '\0'; text++)
		if (strchr("&<>\"'", *text) != NULL ||
		    (unsigned char)*text < ' ')
			put(t, "&#%u;", (unsigned char)*text);
		else
			put_text(t, text, 1);
	put(t, "</%s>\n", key);
}

static uint64_t
id(const struct disk *dp, unsigned thing)
{
	return ((uint64_t)thing << 32 | dp->d_number);
}

uint64_t
disk_geom_id(const struct disk *dp)
{
	return (id(dp, PROVIDER));
}

/* Of a whole disk. */
static const char *
class_name(const struct disk *dp)
{
	return (dp->d_class != NULL ? dp->d_class->dc_name : "DISK");
}

/* What has the table that a partition is in: a slice, if the name is that of
 * one and a letter, or else the whole disk. */
static struct disk *
table_of(const struct tree *t, const struct disk *dp)
{
	size_t n = strlen(dp->d_name) - 1;
	struct disk *d;

	if (dp->d_name[n] < 'a')
		return (dp->d_whole);
	for (unsigned i = 0; i < t->count; i++) {
		d = t->disks[i];
		if (d->d_whole == dp->d_whole && strlen(d->d_name) == n &&
		    strncmp(d->d_name, dp->d_name, n) == 0)
			return (d);
	}
	return (dp->d_whole);
}

static bool
in_table(const struct tree *t, const struct disk *table, const struct disk *dp)
{
	return (dp->d_whole != dp && table_of(t, dp) == table);
}

/* A partition of the table's, from the *i-th disk on; *i is behind it. */
static struct disk *
next_part(const struct tree *t, const struct disk *table, unsigned *i)
{
	while (*i < t->count) {
		struct disk *dp = t->disks[(*i)++];

		if (in_table(t, table, dp))
			return (dp);
	}
	return (NULL);
}

static enum disk_scheme
scheme_of(const struct disk *table)
{
	return (table->d_whole == table ? table->d_scheme : DISK_BSD);
}

static unsigned
index_of(const struct disk *dp)
{
	const char *s = dp->d_name + strlen(dp->d_name) - 1;
	unsigned n = 0;

	if (*s >= 'a')
		return ((unsigned)(*s - 'a') + 1);
	while (s[-1] >= '0' && s[-1] <= '9')
		s--;
	for (; *s != '\0'; s++)
		n = n * 10 + (unsigned)(*s - '0');
	return (n);
}

static const char *
byte_type(uint8_t type, bool bsd)
{
	static const struct {
		bool bsd;
		uint8_t type;
		const char *name;
	} types[] = {{true, 1, "freebsd-swap"}, {true, 7, "freebsd-ufs"},
	    {true, 27, "freebsd-zfs"}, {false, 0x05, "ebr"},
	    {false, 0x06, "fat16"}, {false, 0x07, "ntfs"},
	    {false, 0x0b, "fat32"}, {false, 0x0c, "fat32lba"},
	    {false, 0x0e, "fat16lba"}, {false, 0x82, "linux-swap"},
	    {false, 0x83, "linux-data"}, {false, 0x8e, "linux-lvm"},
	    {false, 0xa5, "freebsd"}, {false, 0xef, "efi"}};

	for (unsigned i = 0; i < nitems(types); i++)
		if (types[i].bsd == bsd && types[i].type == type)
			return (types[i].name);
	return (NULL);
}

/* A partition's type as the table has it, and by FreeBSD's name: the same
 * behind a "!" if there is none. */
struct type_names {
	char raw[PART_UUID_SIZE];
	char name[PART_UUID_SIZE + 1];
};

static void
name_type(
    const struct disk *dp, enum disk_scheme scheme, struct type_names *names)
{
	const char *known = scheme == DISK_GPT
				? part_type_name(dp->d_type)
				: byte_type(dp->d_type[0], scheme == DISK_BSD);

	if (scheme == DISK_GPT)
		part_uuid_text(dp->d_type, names->raw);
	else
		(void)snprintf(
		    names->raw, sizeof(names->raw), "%u", dp->d_type[0]);
	(void)snprintf(names->name, sizeof(names->name), "%s%s",
	    known != NULL ? "" : "!", known != NULL ? known : names->raw);
}

static void
put_mode(struct tree *t, const struct disk *dp)
{
	unsigned readers, writers, claims;

	disk_users(dp, &readers, &writers, &claims);
	put(t, "<mode>r%uw%ue%u</mode>\n", readers, writers, claims);
}

static void
begin_geom(struct tree *t, uint64_t number, unsigned class, const char *name,
    unsigned rank)
{
	put(t, "<geom id=\"0x%lx\">\n<class ref=\"0x%x\"/>\n", number, class);
	put_escaped(t, "name", name);
	put(t, "<rank>%u</rank>\n", rank);
}

/* Up to its configuration, which is the caller's. */
static void
begin_provider(struct tree *t, uint64_t number, uint64_t geom, const char *name,
    const struct disk *dp)
{
	put(t, "<provider id=\"0x%lx\">\n<geom ref=\"0x%lx\"/>\n", number,
	    geom);
	put_mode(t, dp);
	put_escaped(t, "name", name);
	put(t,
	    "<mediasize>%lu</mediasize>\n<sectorsize>%u</sectorsize>\n"
	    "<stripesize>%u</stripesize>\n<stripeoffset>%lu</stripeoffset>\n",
	    dp->d_size, dp->d_sector, dp->d_stripe,
	    dp->d_stripe != 0 ? dp->d_start % dp->d_stripe : 0);
}

static void
put_consumer(
    struct tree *t, uint64_t number, uint64_t geom, const struct disk *dp)
{
	put(t,
	    "<consumer id=\"0x%lx\">\n<geom ref=\"0x%lx\"/>\n"
	    "<provider ref=\"0x%lx\"/>\n",
	    number, geom, id(dp, PROVIDER));
	put_mode(t, dp);
	put(t, "</consumer>\n");
}

static void
put_disk(struct tree *t, struct disk *dp)
{
	char ident[DISK_IDENT_MAX + 1] = "";

	if (dp->d_whole != dp || dp->d_class != NULL)
		return;
	(void)disk_ident(dp, ident);
	begin_geom(t, id(dp, GEOM), CLASS_DISK, dp->d_name, 1);
	begin_provider(t, id(dp, PROVIDER), id(dp, GEOM), dp->d_name, dp);
	put(t, "<config>\n<fwheads>0</fwheads>\n<fwsectors>0</fwsectors>\n"
	       "<rotationrate>unknown</rotationrate>\n");
	put_escaped(t, "ident", ident);
	put(t, "<descr></descr>\n</config>\n</provider>\n</geom>\n");
}

static void
put_config(void *arg, const char *key, const char *value)
{
	put_escaped(arg, key, value);
}

static void
put_own(struct tree *t, struct disk *dp)
{
	if (dp->d_whole != dp || dp->d_class == NULL)
		return;
	begin_geom(t, id(dp, GEOM), CLASS_MD, dp->d_name, 1);
	begin_provider(t, id(dp, PROVIDER), id(dp, GEOM), dp->d_name, dp);
	put(t, "<config>\n");
	dp->d_class->dc_config(dp, put_config, t);
	put(t, "</config>\n</provider>\n</geom>\n");
}

/* The sectors that partitions may use, and how many there may be. */
static void
find_room(struct disk *dp, struct geom_room *room)
{
	*room = (struct geom_room){
	    .last = dp->d_size / dp->d_sector - 1, .entries = 8};
	if (scheme_of(dp) == DISK_MBR) {
		room->first = SECTORS;
		room->entries = 4;
	}
	if (scheme_of(dp) == DISK_GPT)
		geom_part_room(dp, room);
}

static void
put_attributes(struct tree *t, uint64_t attributes)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} known[] = {{GPT_ATTR_BOOTME, "bootme"},
	    {GPT_ATTR_BOOTONCE, "bootonce"},
	    {GPT_ATTR_BOOTFAILED, "bootfailed"}};

	for (unsigned i = 0; i < nitems(known); i++)
		if ((attributes & known[i].bit) != 0)
			put(t, "<attrib>%s</attrib>\n", known[i].name);
}

static void
put_part(struct tree *t, const struct disk *table, const struct disk *dp)
{
	uint64_t offset = dp->d_start - table->d_start;
	uint64_t start = offset / dp->d_sector;
	struct type_names type;

	name_type(dp, scheme_of(table), &type);
	begin_provider(
	    t, id(dp, PROVIDER), id(table, PART_GEOM), dp->d_name, dp);
	put(t,
	    "<config>\n<start>%lu</start>\n<end>%lu</end>\n<index>%u</index>\n",
	    start, start + dp->d_size / dp->d_sector - 1, index_of(dp));
	put(t,
	    "<type>%s</type>\n<rawtype>%s</rawtype>\n<offset>%lu</offset>\n"
	    "<length>%lu</length>\n",
	    type.name, type.raw, offset, dp->d_size);
	if (scheme_of(table) == DISK_GPT) {
		put_escaped(t, "label", dp->d_gpt);
		put_attributes(t, atomic_load(&dp->d_attributes));
		put_escaped(t, "rawuuid", dp->d_gptid);
	}
	put(t, "</config>\n</provider>\n");
}

static const char *const schemes[] = {
    [DISK_GPT] = "GPT", [DISK_MBR] = "MBR", [DISK_BSD] = "BSD"};

/* `first` is the first of its partitions, or NULL; it may have none. */
static bool
has_table(const struct disk *table, const struct disk *first)
{
	return (first != NULL ||
		(table->d_whole == table && table->d_scheme != DISK_PLAIN));
}

static void
put_table(struct tree *t, struct disk *table)
{
	unsigned i = 0;
	struct disk *dp = next_part(t, table, &i);
	struct geom_room room;

	if (!has_table(table, dp))
		return;
	find_room(table, &room);
	begin_geom(t, id(table, PART_GEOM), CLASS_PART, table->d_name,
	    table->d_whole == table ? 2 : 3);
	put(t,
	    "<config>\n<scheme>%s</scheme>\n<entries>%u</entries>\n"
	    "<first>%lu</first>\n<last>%lu</last>\n",
	    schemes[scheme_of(table)], room.entries, room.first, room.last);
	put(t,
	    "<fwsectors>%u</fwsectors>\n<fwheads>%u</fwheads>\n"
	    "<state>%s</state>\n<modified>%s</modified>\n</config>\n",
	    SECTORS, HEADS, room.corrupt ? "CORRUPT" : "OK",
	    room.pending ? "true" : "false");
	put_consumer(t, id(table, PART_CONSUMER), id(table, PART_GEOM), table);
	for (i = t->count; i-- > 0;)
		if (in_table(t, table, t->disks[i]))
			put_part(t, table, t->disks[i]);
	put(t, "</geom>\n");
}

/* One of a disk's names, and the numbers of what stands for it in the tree. */
struct label {
	unsigned next; /* where looking goes on */
	char name[DISK_LABEL_MAX + 8];
	uint64_t geom, consumer, provider;
};

/* The next that it has; false: there are no more. */
static bool
next_label(const struct disk *dp, struct label *l)
{
	const char *label, *folder;
	unsigned thing;

	while (l->next < DISK_LABELS) {
		thing = LABEL_THINGS + 3 * l->next;
		label = disk_label(dp, l->next++, &folder);
		if (label[0] == '\0')
			continue;
		(void)snprintf(
		    l->name, sizeof(l->name), "%s/%s", folder, label);
		l->geom = id(dp, thing);
		l->consumer = id(dp, thing + 1);
		l->provider = id(dp, thing + 2);
		return (true);
	}
	return (false);
}

static void
put_label(struct tree *t, struct disk *dp)
{
	struct label l = {0};

	while (next_label(dp, &l)) {
		begin_geom(t, l.geom, CLASS_LABEL, dp->d_name, 3);
		put_consumer(t, l.consumer, l.geom, dp);
		begin_provider(t, l.provider, l.geom, l.name, dp);
		put(t,
		    "<config>\n<index>0</index>\n<length>%lu</length>\n"
		    "<seclength>%lu</seclength>\n<offset>0</offset>\n"
		    "<secoffset>0</secoffset>\n</config>\n</provider>\n"
		    "</geom>\n",
		    dp->d_size, dp->d_size / dp->d_sector);
	}
}

static void
put_class(struct tree *t, unsigned class, const char *name,
    void (*put_one)(struct tree *, struct disk *))
{
	put(t, "<class id=\"0x%x\">\n<name>%s</name>\n", class, name);
	for (unsigned i = t->count; i-- > 0;)
		put_one(t, t->disks[i]);
	put(t, "</class>\n");
}

static int
sysctl_confxml(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct tree t;
	int error = begin_tree(&t, req);

	if (error != 0)
		return (error);
	put(&t, "<mesh>\n");
	put_class(&t, CLASS_DISK, "DISK", put_disk);
	put_class(&t, CLASS_MD, "MD", put_own);
	put_class(&t, CLASS_PART, "PART", put_table);
	put_class(&t, CLASS_LABEL, "LABEL", put_label);
	put_text(&t, "</mesh>\n", sizeof("</mesh>\n"));
	end_tree(&t);
	return (t.error);
}
SYSCTL_PROC(kern_geom_confxml, "kern.geom.confxml", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_confxml, NULL);

/* The same tree for dot(1), without what is known of the things in it. */
static void
dot_geom(struct tree *t, uint64_t number, const char *class, const char *name,
    unsigned rank)
{
	put(t, "z0x%lx [shape=box,label=\"%s\\n%s\\nr#%u\"];\n", number, class,
	    name, rank);
}

static void
dot_consumer(
    struct tree *t, uint64_t number, uint64_t geom, const struct disk *dp)
{
	unsigned readers, writers, claims;

	disk_users(dp, &readers, &writers, &claims);
	put(t, "z0x%lx [label=\"r%uw%ue%u\"];\nz0x%lx -> z0x%lx;\n", number,
	    readers, writers, claims, number, id(dp, PROVIDER));
	put(t, "z0x%lx -> z0x%lx;\n", geom, number);
}

static void
dot_provider(struct tree *t, uint64_t number, uint64_t geom, const char *name,
    const struct disk *dp)
{
	unsigned readers, writers, claims;

	disk_users(dp, &readers, &writers, &claims);
	put(t,
	    "z0x%lx [shape=hexagon,label=\"%s\\nr%uw%ue%u\\nerr#0\\n"
	    "sector=%u\\nstripe=%u\"];\nz0x%lx -> z0x%lx;\n",
	    number, name, readers, writers, claims, dp->d_sector, dp->d_stripe,
	    number, geom);
}

static void
dot_whole(struct tree *t, const struct disk *dp)
{
	dot_geom(t, id(dp, GEOM), class_name(dp), dp->d_name, 1);
	dot_provider(t, id(dp, PROVIDER), id(dp, GEOM), dp->d_name, dp);
}

static void
dot_table(struct tree *t, const struct disk *table)
{
	unsigned i = 0;
	struct disk *dp = next_part(t, table, &i);

	if (!has_table(table, dp))
		return;
	dot_geom(t, id(table, PART_GEOM), "PART", table->d_name,
	    table->d_whole == table ? 2 : 3);
	dot_consumer(t, id(table, PART_CONSUMER), id(table, PART_GEOM), table);
	for (; dp != NULL; dp = next_part(t, table, &i))
		dot_provider(
		    t, id(dp, PROVIDER), id(table, PART_GEOM), dp->d_name, dp);
}

static void
dot_labels(struct tree *t, const struct disk *dp)
{
	struct label l = {0};

	while (next_label(dp, &l)) {
		dot_geom(t, l.geom, "LABEL", dp->d_name, 3);
		dot_consumer(t, l.consumer, l.geom, dp);
		dot_provider(t, l.provider, l.geom, l.name, dp);
	}
}

static int
sysctl_confdot(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct tree t;
	int error = begin_tree(&t, req);

	if (error != 0)
		return (error);
	put(&t, "digraph geom {\n");
	for (unsigned i = 0; i < t.count; i++) {
		if (t.disks[i]->d_whole == t.disks[i])
			dot_whole(&t, t.disks[i]);
		dot_table(&t, t.disks[i]);
		dot_labels(&t, t.disks[i]);
	}
	put_text(&t, "}\n", sizeof("}\n"));
	end_tree(&t);
	return (t.error);
}
SYSCTL_PROC(kern_geom_confdot, "kern.geom.confdot", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_confdot, NULL);

/* A disk's names, with a number for how deep it lies. */
static void
put_label_lines(struct tree *t, const struct disk *dp, unsigned depth)
{
	struct label l = {0};

	while (next_label(dp, &l))
		put(t, "%u LABEL %s %lu %u\n", depth, l.name, dp->d_size,
		    dp->d_sector);
}

/* Partitions of what has a table, each followed by those within it, which can't
 * be divided again. */
static void
put_part_lines(struct tree *t, struct disk *table, unsigned depth)
{
	struct type_names type;
	struct disk *dp;
	unsigned i = 0;

	while ((dp = next_part(t, table, &i)) != NULL) {
		name_type(dp, scheme_of(table), &type);
		put(t, "%u PART %s %lu %u i %u o %lu ty %s xs %s xt %s\n",
		    depth, dp->d_name, dp->d_size, dp->d_sector, index_of(dp),
		    dp->d_start - table->d_start, type.name,
		    schemes[scheme_of(table)], type.raw);
		if (depth == 1)
			put_part_lines(t, dp, 2);
		put_label_lines(t, dp, depth + 1);
	}
}

/* In other words than in the tree. */
static void
put_short(void *arg, const char *key, const char *value)
{
	static const struct {
		const char *key, *word;
	} words[] = {{"unit", "u"}, {"sectorsize", "s"}, {"fwheads", "f"},
	    {"fwsectors", "fs"}, {"length", "l"}, {"type", "t"},
	    {"file", "file"}, {"label", "label"}};

	for (unsigned i = 0; i < nitems(words); i++)
		if (strcmp(words[i].key, key) == 0) {
			put(arg, " %s ", words[i].word);
			put_text(arg, value, strlen(value));
		}
}

/* What follows a whole disk's size: hardware's geometry isn't known; others say
 * what they are. */
static void
put_words(struct tree *t, struct disk *dp)
{
	if (dp->d_class != NULL)
		dp->d_class->dc_config(dp, put_short, t);
	else
		put(t, " hd 0 sc 0");
	put(t, "\n");
}

static int
sysctl_conftxt(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct tree t;
	int error = begin_tree(&t, req);

	for (unsigned i = 0; error == 0 && i < t.count; i++) {
		struct disk *dp = t.disks[i];

		if (dp->d_whole != dp)
			continue;
		put(&t, "0 %s %s %lu %u", class_name(dp), dp->d_name,
		    dp->d_size, dp->d_sector);
		put_words(&t, dp);
		put_part_lines(&t, dp, 1);
		put_label_lines(&t, dp, 1);
	}
	if (error != 0)
		return (error);
	put_text(&t, "", 1);
	end_tree(&t);
	return (t.error);
}
SYSCTL_PROC(kern_geom_conftxt, "kern.geom.conftxt", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_conftxt, NULL);
