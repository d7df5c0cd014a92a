/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of (directory, name).  Look-ups go through a bucket's chain in a
 * section (core/section.h) and write nothing that is shared; who changes a
 * chain has its bucket's lock, and frees an entry when all sections are over in
 * which it may have been found.
 *
 * An entry has no reference to its vnodes.  Each vnode has lists of the names
 * in it and of those that lead to it, and whoever frees one purges them first,
 * which waits for sections, too.  So within the section in which it was found a
 * vnode exists; vnode_tryhold() tells whether it still lives.
 *
 * The table is as large as memory asks for, but comes chunk by chunk, as
 * buckets are first needed.  When there are too many entries, or memory is
 * short, a hand goes round the buckets and takes those that weren't used since
 * it last came by.
 */
#include "core/random.h"
#include "core/sched.h"
#include "core/section.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/page.h"
#include "vm/pageout.h"

struct bucket {
	struct spin lock;
	struct name *first; /* (lock; a) */
};
#define PER_CHUNK 32		    /* buckets */
#define PER_GROUP (128 * PER_CHUNK) /* in 128 chunks */

/* (b) the bucket's lock, (d) and v_interlock of the directory, (f) of the file,
 * (!) set once, (a) atomic: read in sections. */
struct name {
	struct name *nc_next;	/* (b a) stays as it is when it's taken out */
	struct list nc_in_dir;	/* (b d) in v_names; then what is to be freed */
	struct list nc_of_file; /* (b f) in v_aliases, unless negative */
	struct vnode *nc_dvp;	/* (!) */
	struct vnode *nc_vp;	/* (!) NULL: there is no such name */
	uint32_t nc_hash;	/* (!) */
	bool nc_used;		/* (a) since the hand came by */
	uint8_t nc_len;		/* (!) */
	char nc_name[];		/* (!) */
};

/* (!) set once, (a) atomic. */
static struct {
	struct mutex start;
	bool ready;		 /* (a) all below is set */
	uint64_t key;		 /* (!) of the hash */
	unsigned nbuckets;	 /* (!) a power of two */
	unsigned most;		 /* (!) entries */
	struct bucket ***groups; /* (!) of chunks; (a) each of both; NULL: not
				    needed yet */
} cache = {.start = MUTEX_INITIALIZER(cache.start, "name cache")};

/* What changes, apart from what all look-ups read. (a) */
static struct {
	unsigned hand;	   /* the next bucket to look at */
	unsigned count;	   /* entries */
	unsigned negative; /* of them */
} counts __aligned(64);

SYSCTL_NODE_(vfs_cache_count, "vfs.cache.stats.count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_handle_int, &counts.count, 0,
    "entries");
SYSCTL_NODE_(vfs_cache_neg, "vfs.cache.stats.neg", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_handle_int, &counts.negative, 0,
    "entries of names that don't exist");

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ul;
	return (hash ^ hash >> 32);
}

static uint32_t
hash_of(const struct vnode *dvp, const struct cname *cn)
{
	const char *p = cn->cn_name;
	size_t len = cn->cn_len;
	uint64_t hash = mix(cache.key, (uintptr_t)dvp), word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = mix(hash, word);
	}
	for (word = cn->cn_len; len > 0; len--)
		word = word << 8 | (uint8_t)*p++;
	return ((uint32_t)mix(hash, word));
}

static struct bucket *
bucket_at(unsigned i)
{
	struct bucket **group = atomic_load(&cache.groups[i / PER_GROUP]);
	struct bucket *chunk = NULL;

	if (__predict_true(group != NULL))
		chunk = atomic_load(&group[i % PER_GROUP / PER_CHUNK]);
	return (chunk != NULL ? &chunk[i % PER_CHUNK] : NULL);
}

/* NULL: nothing was ever in it. */
static struct bucket *
bucket_of(uint32_t hash)
{
	return (bucket_at(hash & (cache.nbuckets - 1)));
}

/* Where the bucket's chunk is, or will be; NULL: no memory. */
static struct bucket **
chunk_place(unsigned i)
{
	const size_t size = PER_GROUP / PER_CHUNK * sizeof(struct bucket *);
	struct bucket ***place = &cache.groups[i / PER_GROUP];
	struct bucket **group = atomic_load(place), **old = NULL;

	if (group == NULL) {
		group = kmem_alloc(size, KM_ZERO);
		if (group == NULL)
			return (NULL);
		if (!atomic_cas(place, &old, group)) {
			kmem_free(group, size);
			group = old;
		}
	}
	return (&group[i % PER_GROUP / PER_CHUNK]);
}

/* As bucket_of(), made if there is memory. */
static struct bucket *
make_bucket(uint32_t hash)
{
	struct bucket **place = chunk_place(hash & (cache.nbuckets - 1));
	struct bucket *chunk, *old = NULL;

	if (place == NULL || atomic_load(place) != NULL)
		return (place == NULL ? NULL : bucket_of(hash));
	chunk = kmem_alloc(PER_CHUNK * sizeof(*chunk), 0);
	if (chunk == NULL)
		return (NULL);
	for (unsigned i = 0; i < PER_CHUNK; i++) {
		chunk[i].lock = (struct spin)SPIN_INITIALIZER("names");
		chunk[i].first = NULL;
	}
	if (!atomic_cas(place, &old, chunk))
		kmem_free(chunk, PER_CHUNK * sizeof(*chunk));
	return (bucket_of(hash));
}

static size_t
name_size(size_t len)
{
	return (offsetof(struct name, nc_name) + len);
}

static bool
is_it(const struct name *n, uint32_t hash, const struct vnode *dvp,
    const struct cname *cn)
{
	return (n->nc_hash == hash && n->nc_dvp == dvp &&
		n->nc_len == cn->cn_len &&
		memcmp(n->nc_name, cn->cn_name, cn->cn_len) == 0);
}

/* The link that leads to it, or to NULL; with the bucket's lock. */
static struct name **
find(struct bucket *b, uint32_t hash, const struct vnode *dvp,
    const struct cname *cn)
{
	struct name **at = &b->first;

	while (*at != NULL && !is_it(*at, hash, dvp, cn))
		at = &(*at)->nc_next;
	return (at);
}

/* What *at leads to goes to `gone`.  With the bucket's lock, which keeps its
 * vnodes from being freed. */
static void
take_out(struct name **at, struct list *gone)
{
	struct name *n = *at;

	atomic_store(at, n->nc_next);
	spin_lock(&n->nc_dvp->v_interlock);
	list_remove(&n->nc_in_dir);
	spin_unlock(&n->nc_dvp->v_interlock);
	if (n->nc_vp != NULL) {
		spin_lock(&n->nc_vp->v_interlock);
		list_remove(&n->nc_of_file);
		spin_unlock(&n->nc_vp->v_interlock);
	} else {
		atomic_sub(&counts.negative, 1);
	}
	atomic_sub(&counts.count, 1);
	list_push_back(gone, &n->nc_in_dir);
}

/* Those that say that there is no such name come first in v_names. */
static void
put_in(struct bucket *b, struct name *n)
{
	struct vnode *dvp = n->nc_dvp, *vp = n->nc_vp;

	n->nc_next = b->first;
	spin_lock(&dvp->v_interlock);
	if (vp != NULL)
		list_push_back(&dvp->v_names, &n->nc_in_dir);
	else
		list_push_front(&dvp->v_names, &n->nc_in_dir);
	spin_unlock(&dvp->v_interlock);
	if (vp != NULL) {
		spin_lock(&vp->v_interlock);
		list_push_back(&vp->v_aliases, &n->nc_of_file);
		spin_unlock(&vp->v_interlock);
	} else {
		atomic_add(&counts.negative, 1);
	}
	atomic_add(&counts.count, 1);
	atomic_store(&b->first, n);
}

static void
free_names(struct list *gone)
{
	struct name *n, *next;

	if (list_empty(gone))
		return;
	section_wait();
	LIST_FOREACH_SAFE (n, gone, nc_in_dir, next) {
		kmem_free(n, name_size(n->nc_len));
		sched_maybe_yield();
	}
}

/* Those of a bucket that weren't used lately; how many. */
static unsigned
sweep(struct bucket *b, struct list *gone)
{
	struct name **at = &b->first, *n;
	unsigned taken = 0;

	spin_lock(&b->lock);
	while ((n = *at) != NULL) {
		if (atomic_load(&n->nc_used)) {
			atomic_store(&n->nc_used, false);
			at = &n->nc_next;
		} else {
			take_out(at, gone);
			taken++;
		}
	}
	spin_unlock(&b->lock);
	return (taken);
}

/* The hand goes on until it has taken that many, or come round twice. */
static unsigned
evict(unsigned want)
{
	struct list gone = LIST_INITIALIZER(gone);
	struct bucket *b;
	unsigned taken = 0;

	for (unsigned i = 0; i < 2 * cache.nbuckets && taken < want; i++) {
		b = bucket_at(
		    atomic_add(&counts.hand, 1) & (cache.nbuckets - 1));
		if (b != NULL && atomic_load(&b->first) != NULL)
			taken += sweep(b, &gone);
		sched_maybe_yield();
	}
	free_names(&gone);
	return (taken);
}

static uint64_t
shrink(uint64_t want)
{
	const uint64_t per_page = PAGE_SIZE / name_size(NAME_MAX / 8);

	want = MIN(want * per_page, atomic_load(&counts.count));
	return (evict((unsigned)want) / per_page);
}

static bool
push(void)
{
	return (false);
}

/* A bucket for four pages of memory; with cache.start. False: no memory. */
static bool
make_table(void)
{
	const uint64_t pages = MIN(page_total(), 1ul << 30);

	cache.nbuckets = PER_GROUP;
	while (cache.nbuckets < pages / 4)
		cache.nbuckets *= 2;
	cache.groups = kmem_alloc(
	    cache.nbuckets / PER_GROUP * sizeof(*cache.groups), KM_ZERO);
	if (cache.groups == NULL)
		return (false);
	random_bytes(&cache.key, sizeof(cache.key));
	cache.most = (unsigned)pages * 2;
	atomic_store(&cache.ready, true);
	return (true);
}

/* When something is first to be entered. */
static bool
start(void)
{
	static struct shrinker shrinker = {
	    .sh_shrink = shrink, .sh_push = push};
	bool first;

	mutex_lock(&cache.start);
	first = !cache.ready && make_table();
	mutex_unlock(&cache.start);
	if (first)
		pageout_add(&shrinker);
	return (atomic_load(&cache.ready));
}

bool
namecache_look(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct bucket *b;
	struct name *n;
	uint32_t hash;

	if (!atomic_load(&cache.ready))
		return (false);
	hash = hash_of(dvp, cn);
	b = bucket_of(hash);
	if (b == NULL)
		return (false);
	n = atomic_load(&b->first);
	while (n != NULL && !is_it(n, hash, dvp, cn))
		n = atomic_load(&n->nc_next);
	if (n == NULL)
		return (false);
	if (!atomic_load(&n->nc_used))
		atomic_store(&n->nc_used, true);
	*vpp = n->nc_vp;
	if (n->nc_vp != NULL && !atomic_load(&n->nc_vp->v_used))
		atomic_store(&n->nc_vp->v_used, true);
	return (true);
}

/* A name that leads to vp, while its v_interlock is held; or NULL. */
static struct name *
alias(struct vnode *vp)
{
	return (LIST_LAST(&vp->v_aliases, struct name, nc_of_file));
}

bool
namecache_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct name *n;
	bool known;

	spin_lock(&vp->v_interlock);
	n = alias(vp);
	known = n != NULL && n->nc_len <= *len && vnode_tryhold(n->nc_dvp);
	if (known) {
		*dvpp = n->nc_dvp;
		*len = n->nc_len;
		memcpy(buf, n->nc_name, n->nc_len);
	}
	spin_unlock(&vp->v_interlock);
	return (known);
}

/* A directory has one name, so whatever leads to it is in the one above. */
static bool
find_parent(struct vnode *vp, struct vnode **dvpp)
{
	struct name *n;
	bool known;

	spin_lock(&vp->v_interlock);
	n = alias(vp);
	known = n != NULL && vnode_tryhold(n->nc_dvp);
	if (known)
		*dvpp = n->nc_dvp;
	spin_unlock(&vp->v_interlock);
	return (known);
}

bool
namecache_find(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	bool known;

	if (cname_is_dotdot(cn))
		return (find_parent(dvp, vpp));
	section_enter();
	known = namecache_look(dvp, cn, vpp);
	if (known && *vpp != NULL)
		known = vnode_tryhold(*vpp);
	section_leave();
	return (known);
}

static struct name *
new_name(struct vnode *dvp, const struct cname *cn, struct vnode *vp)
{
	struct name *n = kmem_alloc(name_size(cn->cn_len), 0);

	if (n == NULL)
		return (NULL);
	n->nc_dvp = dvp;
	n->nc_vp = vp;
	n->nc_hash = hash_of(dvp, cn);
	n->nc_used = false;
	n->nc_len = (uint8_t)cn->cn_len;
	memcpy(n->nc_name, cn->cn_name, cn->cn_len);
	return (n);
}

void
namecache_enter(struct vnode *dvp, const struct cname *cn, struct vnode *vp)
{
	struct bucket *b;
	struct name *n;

	if (cname_is_dotdot(cn) || (!atomic_load(&cache.ready) && !start()))
		return;
	n = new_name(dvp, cn, vp);
	if (n == NULL)
		return;
	b = make_bucket(n->nc_hash);
	if (b != NULL) {
		spin_lock(&b->lock);
		/* Somebody else may have looked it up, too. */
		if (*find(b, n->nc_hash, dvp, cn) == NULL) {
			put_in(b, n);
			n = NULL;
		}
		spin_unlock(&b->lock);
	}
	if (n != NULL)
		kmem_free(n, name_size(n->nc_len));
	if (atomic_load(&counts.count) > cache.most)
		(void)evict(8);
}

void
namecache_remove(struct vnode *dvp, const struct cname *cn)
{
	struct list gone = LIST_INITIALIZER(gone);
	struct bucket *b;
	struct name **at;
	uint32_t hash;

	if (list_empty(&dvp->v_names))
		return;
	hash = hash_of(dvp, cn);
	b = bucket_of(hash);
	if (b == NULL)
		return;
	spin_lock(&b->lock);
	at = find(b, hash, dvp, cn);
	if (*at != NULL)
		take_out(at, &gone);
	spin_unlock(&b->lock);
	free_names(&gone);
}

/* What purge() is to take out of a vnode's lists. */
enum part { MISSING, ALIASES, ALL };

static struct name *
first_of(struct vnode *vp, enum part part)
{
	struct name *n = NULL;

	if (part != ALIASES)
		n = LIST_FIRST(&vp->v_names, struct name, nc_in_dir);
	if (n != NULL && part == MISSING && n->nc_vp != NULL)
		n = NULL;
	if (n == NULL && part != MISSING)
		n = LIST_FIRST(&vp->v_aliases, struct name, nc_of_file);
	return (n);
}

/* The bucket of the first one; NULL: there is none. */
static struct bucket *
first_bucket(struct vnode *vp, enum part part)
{
	struct bucket *b;
	struct name *n;

	/* Nobody else puts anything there meanwhile. */
	if (list_empty(&vp->v_names) && list_empty(&vp->v_aliases))
		return (NULL);
	spin_lock(&vp->v_interlock);
	n = first_of(vp, part);
	b = n != NULL ? bucket_of(n->nc_hash) : NULL;
	spin_unlock(&vp->v_interlock);
	return (b);
}

static bool
belongs(const struct name *n, const struct vnode *vp, enum part part)
{
	return ((n->nc_vp == vp && part != MISSING) ||
		(n->nc_dvp == vp &&
		    (part == ALL || (part == MISSING && n->nc_vp == NULL))));
}

/* A bucket's lock comes before those of vnodes: the bucket is found first, and
 * then what it has of vp is taken out. */
static void
purge(struct vnode *vp, enum part part, struct list *gone)
{
	struct name **at;
	struct bucket *b;

	while ((b = first_bucket(vp, part)) != NULL) {
		spin_lock(&b->lock);
		at = &b->first;
		while (*at != NULL) {
			if (belongs(*at, vp, part))
				take_out(at, gone);
			else
				at = &(*at)->nc_next;
		}
		spin_unlock(&b->lock);
		sched_maybe_yield();
	}
}

void
namecache_purge(struct vnode *vp)
{
	struct list gone = LIST_INITIALIZER(gone);

	purge(vp, ALL, &gone);
	/* Also for who found it by a name that has gone before. */
	if (list_empty(&gone))
		section_wait();
	free_names(&gone);
}

void
namecache_forget(struct vnode *vp)
{
	struct list gone = LIST_INITIALIZER(gone);

	purge(vp, ALIASES, &gone);
	free_names(&gone);
}

void
namecache_forget_missing(struct vnode *dvp)
{
	struct list gone = LIST_INITIALIZER(gone);

	purge(dvp, MISSING, &gone);
	free_names(&gone);
}
