/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table of (directory, name) with a lock for each bucket, so that
 * look-ups of different names share none.
 *
 * An entry has no reference to its vnodes.  Each vnode has lists of the names
 * in it and of those that lead to it, and whoever frees one purges them first;
 * until then an entry that is found under its bucket's lock has vnodes that
 * exist, and vnode_tryhold() tells whether one still lives.
 *
 * The table grows chunk by chunk, as buckets are first needed.  When there are
 * too many entries, or memory is short, a hand goes round the buckets and takes
 * those that weren't used since it last came by.
 */
#include "core/random.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/page.h"
#include "vm/pageout.h"

struct bucket {
	struct spin lock;
	struct list names;
};
#define PER_CHUNK 32
#define CHUNKS	  4096

/* (b) the bucket's lock, (d) and v_interlock of the directory, (f) of the file,
 * (!) set once. */
struct name {
	struct list nc_bucket;	/* (b) */
	struct list nc_in_dir;	/* (b d) in v_names */
	struct list nc_of_file; /* (b f) in v_aliases, unless negative */
	struct vnode *nc_dvp;	/* (!) */
	struct vnode *nc_vp;	/* (!) NULL: there is no such name */
	uint32_t nc_hash;	/* (!) */
	bool nc_used;		/* (b) since the hand came by */
	uint8_t nc_len;		/* (!) */
	char nc_name[];		/* (!) */
};

/* (!) set once, (a) atomic. */
static struct {
	struct mutex start;
	bool ready;		       /* (a) all below is set */
	uint64_t key;		       /* (!) of the hash */
	unsigned nbuckets;	       /* (!) a power of two */
	unsigned most;		       /* (!) entries */
	struct bucket *chunks[CHUNKS]; /* (a) NULL: not needed yet */
	unsigned hand;		       /* (a) the next bucket to look at */
	unsigned count;		       /* (a) entries */
	unsigned negative;	       /* (a) of them */
} cache = {.start = MUTEX_INITIALIZER(cache.start, "name cache")};

SYSCTL_NODE_(vfs_cache_count, "vfs.cache.stats.count", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_handle_int, &cache.count, 0,
    "entries");
SYSCTL_NODE_(vfs_cache_neg, "vfs.cache.stats.neg", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_handle_int, &cache.negative, 0,
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
	struct bucket *chunk = atomic_load(&cache.chunks[i / PER_CHUNK]);

	return (chunk != NULL ? &chunk[i % PER_CHUNK] : NULL);
}

/* NULL: nothing was ever in it. */
static struct bucket *
bucket_of(uint32_t hash)
{
	return (bucket_at(hash & (cache.nbuckets - 1)));
}

/* The same, made if there is memory. */
static struct bucket *
make_bucket(uint32_t hash)
{
	struct bucket **place =
	    &cache.chunks[(hash & (cache.nbuckets - 1)) / PER_CHUNK];
	struct bucket *chunk, *old = NULL;

	if (atomic_load(place) != NULL)
		return (bucket_of(hash));
	chunk = kmem_alloc(PER_CHUNK * sizeof(*chunk), 0);
	if (chunk == NULL)
		return (NULL);
	for (unsigned i = 0; i < PER_CHUNK; i++) {
		chunk[i].lock = (struct spin)SPIN_INITIALIZER("names");
		list_init(&chunk[i].names);
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

/* With the bucket's lock. */
static struct name *
find(const struct bucket *b, uint32_t hash, const struct vnode *dvp,
    const struct cname *cn)
{
	struct name *n;

	LIST_FOREACH (n, &b->names, nc_bucket)
		if (n->nc_hash == hash && n->nc_dvp == dvp &&
		    n->nc_len == cn->cn_len &&
		    memcmp(n->nc_name, cn->cn_name, n->nc_len) == 0)
			return (n);
	return (NULL);
}

/* With the bucket's lock, which keeps its vnodes from being freed. */
static void
take_out(struct name *n)
{
	list_remove(&n->nc_bucket);
	spin_lock(&n->nc_dvp->v_interlock);
	list_remove(&n->nc_in_dir);
	spin_unlock(&n->nc_dvp->v_interlock);
	if (n->nc_vp != NULL) {
		spin_lock(&n->nc_vp->v_interlock);
		list_remove(&n->nc_of_file);
		spin_unlock(&n->nc_vp->v_interlock);
	} else {
		atomic_sub(&cache.negative, 1);
	}
	atomic_sub(&cache.count, 1);
}

static void
put_in(struct bucket *b, struct name *n)
{
	list_push_front(&b->names, &n->nc_bucket);
	spin_lock(&n->nc_dvp->v_interlock);
	list_push_back(&n->nc_dvp->v_names, &n->nc_in_dir);
	spin_unlock(&n->nc_dvp->v_interlock);
	if (n->nc_vp != NULL) {
		spin_lock(&n->nc_vp->v_interlock);
		list_push_back(&n->nc_vp->v_aliases, &n->nc_of_file);
		spin_unlock(&n->nc_vp->v_interlock);
	} else {
		atomic_add(&cache.negative, 1);
	}
	atomic_add(&cache.count, 1);
}

static void
free_names(struct list *gone)
{
	struct name *n, *next;

	LIST_FOREACH_SAFE (n, gone, nc_bucket, next)
		kmem_free(n, name_size(n->nc_len));
}

/* The hand goes on until it has taken that many, or come round twice. */
static unsigned
evict(unsigned want)
{
	struct list gone = LIST_INITIALIZER(gone);
	struct name *n, *next;
	struct bucket *b;
	unsigned taken = 0;

	for (unsigned i = 0; i < 2 * cache.nbuckets && taken < want; i++) {
		b = bucket_at(
		    atomic_add(&cache.hand, 1) & (cache.nbuckets - 1));
		if (b == NULL || list_empty(&b->names))
			continue;
		spin_lock(&b->lock);
		LIST_FOREACH_SAFE (n, &b->names, nc_bucket, next) {
			if (!n->nc_used) {
				take_out(n);
				list_push_back(&gone, &n->nc_bucket);
				taken++;
			}
			n->nc_used = false;
		}
		spin_unlock(&b->lock);
	}
	free_names(&gone);
	return (taken);
}

static uint64_t
shrink(uint64_t want)
{
	const uint64_t per_page = PAGE_SIZE / name_size(NAME_MAX / 8);

	want = MIN(want * per_page, atomic_load(&cache.count));
	return (evict((unsigned)want) / per_page);
}

static bool
push(void)
{
	return (false);
}

/* When something is first to be entered. */
static void
start(void)
{
	static struct shrinker shrinker = {
	    .sh_shrink = shrink, .sh_push = push};
	const uint64_t pages = MIN(page_total(), 1ul << 30);
	bool first;

	mutex_lock(&cache.start);
	first = !cache.ready;
	if (first) {
		random_bytes(&cache.key, sizeof(cache.key));
		cache.nbuckets = PER_CHUNK;
		while (cache.nbuckets < pages / 8 &&
		       cache.nbuckets < CHUNKS * PER_CHUNK)
			cache.nbuckets *= 2;
		cache.most = (unsigned)pages * 2;
		atomic_store(&cache.ready, true);
	}
	mutex_unlock(&cache.start);
	if (first)
		pageout_add(&shrinker);
}

bool
namecache_find(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
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
	spin_lock(&b->lock);
	n = find(b, hash, dvp, cn);
	if (n != NULL && n->nc_vp != NULL && !vnode_tryhold(n->nc_vp))
		n = NULL;
	if (n != NULL) {
		n->nc_used = true;
		*vpp = n->nc_vp;
	}
	spin_unlock(&b->lock);
	if (n != NULL && *vpp != NULL && !atomic_load(&(*vpp)->v_used))
		atomic_store(&(*vpp)->v_used, true);
	return (n != NULL);
}

void
namecache_enter(struct vnode *dvp, const struct cname *cn, struct vnode *vp)
{
	struct bucket *b;
	struct name *n;

	if (!atomic_load(&cache.ready))
		start();
	n = kmem_alloc(name_size(cn->cn_len), 0);
	if (n == NULL)
		return;
	n->nc_dvp = dvp;
	n->nc_vp = vp;
	n->nc_hash = hash_of(dvp, cn);
	n->nc_used = false;
	n->nc_len = (uint8_t)cn->cn_len;
	memcpy(n->nc_name, cn->cn_name, cn->cn_len);
	b = make_bucket(n->nc_hash);
	if (b != NULL) {
		spin_lock(&b->lock);
		/* Somebody else may have looked it up, too. */
		if (find(b, n->nc_hash, dvp, cn) == NULL) {
			put_in(b, n);
			n = NULL;
		}
		spin_unlock(&b->lock);
	}
	if (n != NULL)
		kmem_free(n, name_size(n->nc_len));
	if (atomic_load(&cache.count) > cache.most)
		(void)evict(8);
}

void
namecache_remove(struct vnode *dvp, const struct cname *cn)
{
	struct bucket *b;
	struct name *n;
	uint32_t hash;

	if (list_empty(&dvp->v_names))
		return;
	hash = hash_of(dvp, cn);
	b = bucket_of(hash);
	if (b == NULL)
		return;
	spin_lock(&b->lock);
	n = find(b, hash, dvp, cn);
	if (n != NULL)
		take_out(n);
	spin_unlock(&b->lock);
	if (n != NULL)
		kmem_free(n, name_size(n->nc_len));
}

/* The bucket of a name in vp or of it; NULL: there are none. */
static struct bucket *
any_bucket(struct vnode *vp)
{
	struct name *n = NULL;
	struct bucket *b;

	spin_lock(&vp->v_interlock);
	if (!list_empty(&vp->v_names))
		n = LIST_FIRST(&vp->v_names, struct name, nc_in_dir);
	else if (!list_empty(&vp->v_aliases))
		n = LIST_FIRST(&vp->v_aliases, struct name, nc_of_file);
	b = n != NULL ? bucket_of(n->nc_hash) : NULL;
	spin_unlock(&vp->v_interlock);
	return (b);
}

/* A bucket's lock comes before those of vnodes: the bucket is found first, and
 * then what it has of vp is taken out. */
void
namecache_purge(struct vnode *vp)
{
	struct list gone = LIST_INITIALIZER(gone);
	struct name *n, *next;
	struct bucket *b;

	if (list_empty(&vp->v_names) && list_empty(&vp->v_aliases))
		return;
	while ((b = any_bucket(vp)) != NULL) {
		spin_lock(&b->lock);
		LIST_FOREACH_SAFE (n, &b->names, nc_bucket, next)
			if (n->nc_dvp == vp || n->nc_vp == vp) {
				take_out(n);
				list_push_back(&gone, &n->nc_bucket);
			}
		spin_unlock(&b->lock);
	}
	free_names(&gone);
}
