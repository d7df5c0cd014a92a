/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of a check, and how it tells what it finds.
 *
 * First every inode is looked at by itself.  Then the tree is walked from the
 * root: directories take possession of their blocks and are read, each once,
 * and the files that have names take theirs.  What is left has no name and is
 * dealt with last, so that it can't dispute anything with what has.  From the
 * blocks taken and the inodes left follow the maps of the groups, with which
 * those on the disk are compared, and from these the totals.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

static const char *const class_names[CHECK_CLASSES] = {
    "summary", "count", "unreferenced", "names", "damage"};

void
check_fail(struct check *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->res->reason, sizeof(c->res->reason), format, ap);
	va_end(ap);
	longjmp(c->failed, 1);
}

void
report(struct check *c, enum check_class class, enum severity severity,
    const char *format, ...)
{
	va_list ap;

	if (c->late && class == CHECK_DAMAGE) {
		class = CHECK_UNREFERENCED;
		severity = HARMLESS;
	}
	c->res->found[class]++;
	if (severity == HARD)
		c->hard++;
	if (c->opt->out == NULL)
		return;
	fprintf(c->opt->out, "%s: ", class_names[class]);
	va_start(ap, format);
	vfprintf(c->opt->out, format, ap);
	va_end(ap);
	putc('\n', c->opt->out);
}

void *
check_alloc(struct check *c, size_t count, size_t size)
{
	void *p = calloc(count == 0 ? 1 : count, size);

	if (p == NULL)
		check_fail(c, "no memory for %zu bytes", count * size);
	return (p);
}

void *
check_grow(
    struct check *c, void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *p;

	if (count < *room)
		return (array);
	p = reallocarray(array, more, size);
	if (p == NULL)
		check_fail(c, "no memory for %zu bytes", more * size);
	*room = more;
	return (p);
}

static void
check_free(struct check *c)
{
	cache_free(c);
	free(c->used);
	free(c->inodes);
	free(c->inited);
	free(c->dirs);
	free(c->queue);
	free(c->seconds);
	free(c->shared);
	for (int i = 0; i < UFS_NINDIRECT; i++)
		free(c->indirect[i]);
	free(c->group);
	free(c->group_new);
}

static void
check_all(struct check *c)
{
	super_check(c);
	inodes_scan(c);
	metadata_claim(c);
	tree_walk(c, directory_find(c, UFS_ROOT_INO));
	files_claim(c);
	groups_named(c);
	c->late = true;
	orphans_find(c);
	c->late = false;
	groups_check(c);
	/* From here on it is known which blocks are free, and all has been
	 * looked at but the links. */
	shared_copy(c);
	orphans_rejoin(c);
	tree_check(c);
	links_check(c);
	journal_check(c);
}

static uint64_t
found(const struct check_result *res)
{
	uint64_t n = 0;

	for (int i = 0; i < CHECK_CLASSES; i++)
		n += res->found[i];
	return (n);
}

/* Are the repairs to be written? */
static bool
to_write(struct check *c)
{
	if (c->opt->mode == CHECK_REPORT || c->ufs1 || c->dev->cd_write == NULL)
		return (false);
	if (c->opt->mode == CHECK_PREEN && c->hard != 0)
		return (false);
	return (c->opt->confirm == NULL || c->opt->confirm());
}

static void
count_up(struct check *c)
{
	struct check_result *res = c->res;

	for (uint64_t i = 0; i < c->fs.fs_inodes; i++) {
		res->inodes += c->inodes[i].type != 0;
		res->directories += c->inodes[i].type == DT_DIR;
	}
	res->frags = c->fs.fs_frags;
	res->frags_used = c->nused;
}

static void
finish(struct check *c)
{
	struct check_result *res = c->res;

	count_up(c);
	if (found(res) == 0) {
		res->status = CHECK_CLEAN;
	} else if (to_write(c)) {
		super_finish(c);
		if (c->incomplete)
			check_fail(c, "not all could be repaired");
		res->status = CHECK_REPAIRED;
	} else {
		res->status = res->found[CHECK_DAMAGE] != 0 ? CHECK_DAMAGED
							    : CHECK_LEFTOVER;
	}
}

static void
closing_line(const struct check_options *opt, const struct check_result *res)
{
	static const char *const words[] = {[CHECK_CLEAN] = "clean",
	    [CHECK_LEFTOVER] = "leftovers",
	    [CHECK_DAMAGED] = "damaged",
	    [CHECK_REPAIRED] = "repaired"};

	if (opt->out == NULL || res->status == CHECK_FAILED)
		return;
	fprintf(opt->out, "result: %s", words[res->status]);
	if (res->skipped) {
		fputs(", by its mark\n", opt->out);
		return;
	}
	fprintf(opt->out,
	    ", %llu inodes (%llu directories) and %llu of %llu fragments in "
	    "use\n",
	    (unsigned long long)res->inodes,
	    (unsigned long long)res->directories,
	    (unsigned long long)res->frags_used,
	    (unsigned long long)res->frags);
}

void
check_run(struct check_device *dev, const struct check_options *opt,
    struct check_result *res)
{
	struct check *c = calloc(1, sizeof(*c));

	memset(res, 0, sizeof(*res));
	res->status = CHECK_FAILED;
	if (c == NULL) {
		snprintf(res->reason, sizeof(res->reason), "no memory");
		return;
	}
	c->dev = dev;
	c->opt = opt;
	c->res = res;
	if (setjmp(c->failed) == 0) {
		super_open(c);
		if (opt->skip_clean && found(res) == 0 &&
		    ufs_unclean(&c->fs) == NULL) {
			res->skipped = true;
			res->status = CHECK_CLEAN;
		} else {
			check_all(c);
			finish(c);
		}
	} else
		res->status = CHECK_FAILED;
	check_free(c);
	free(c);
	closing_line(opt, res);
}
