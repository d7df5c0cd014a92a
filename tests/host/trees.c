/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Red-black and radix trees against the simplest thing that does the same,
 * with memory that sometimes runs out.
 */
#include "vm/radix.h"
#include "lib/rbtree.h"
#include "vm/kmem.h"

/* The host's <stdlib.h> has other ideas of some types. */
void *calloc(size_t n, size_t size);
void free(void *p);
__noreturn void exit(int status);
int printf(const char *fmt, ...);
void qsort(void *base, size_t n, size_t size,
    int (*compare)(const void *, const void *));

static unsigned long allocated, fail_every, allocations;

void *
kmem_alloc(size_t size, unsigned flags)
{
	if (fail_every != 0 && ++allocations % fail_every == 0)
		return (NULL);
	allocated++;
	return (calloc(1, size));
}

void
kmem_free(void *p, size_t size)
{
	allocated--;
	free(p);
}

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #cond);      \
			exit(1);                                               \
		}                                                              \
	} while (0)

static uint64_t seed = 88172645463325252;

static uint64_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed);
}

#define NODES 512u
struct item {
	struct rb_node node;
	unsigned key;
	bool in;
};
static struct item items[NODES];

/* Black height; checks order, parents and colours on the way. */
static int
check_rb(const struct rb_node *n, const struct rb_node *parent)
{
	bool red;
	int left, right;

	if (n == NULL)
		return (0);
	red = n->parent & 1;
	CHECK((n->parent & ~1ul) == (uintptr_t)parent);
	CHECK(!red || parent == NULL || !(parent->parent & 1));
	left = check_rb(n->left, n);
	right = check_rb(n->right, n);
	CHECK(left == right);
	return (left + !red);
}

static void
check_order(const struct rb_tree *t)
{
	struct rb_node *n = rb_first(t);
	unsigned i;

	for (i = 0; i < NODES; i++) {
		if (!items[i].in)
			continue;
		CHECK(n == &items[i].node);
		n = rb_next(n);
	}
	CHECK(n == NULL);
	n = rb_last(t);
	while (i-- > 0) {
		if (!items[i].in)
			continue;
		CHECK(n == &items[i].node);
		n = rb_prev(n);
	}
	CHECK(n == NULL);
}

static void
insert(struct rb_tree *t, struct item *it)
{
	struct rb_node **link = &t->root, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = it->key < container_of(parent, struct item, node)->key
			   ? &parent->left
			   : &parent->right;
	}
	rb_insert(t, &it->node, parent, link);
}

static void
test_rbtree(void)
{
	struct rb_tree t = {NULL};

	for (unsigned i = 0; i < NODES; i++)
		items[i].key = i;
	for (unsigned step = 0; step < 40000; step++) {
		struct item *it = &items[rnd() % NODES];

		if (it->in)
			rb_remove(&t, &it->node);
		else
			insert(&t, it);
		it->in = !it->in;
		CHECK(t.root == NULL || !(t.root->parent & 1));
		if (step % 16 == 0) {
			check_rb(t.root, NULL);
			check_order(&t);
		}
	}
}

/* Indices that make trees of all heights. */
#define KEYS 300u
static uint64_t keys[KEYS];
static void *values[KEYS];
static bool marked[KEYS];

static int
by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

static void
make_keys(unsigned bits)
{
	for (unsigned i = 0; i < KEYS; i++)
		keys[i] = i < 70 ? i : rnd() >> (64 - 1 - rnd() % bits);
	keys[KEYS - 1] = bits == 64 ? UINT64_MAX : 1ul << bits;
	qsort(keys, KEYS, sizeof(keys[0]), by_key);
	for (unsigned i = 0; i + 1 < KEYS; i++)
		if (keys[i + 1] <= keys[i])
			keys[i + 1] = keys[i] + 1;
}

static void
check_walk(const struct radix *r)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		uint64_t from = keys[i];

		CHECK(radix_get(r, keys[i]) == values[i]);
		if (values[i] == NULL)
			continue;
		CHECK(radix_next(r, &at) == values[i] && at == keys[i]);
		CHECK(radix_next(r, &from) == values[i] && from == keys[i]);
		if (at++ == UINT64_MAX)
			return;
	}
	CHECK(radix_next(r, &at) == NULL);
}

static void
check_marks(const struct radix *r)
{
	uint64_t at = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		CHECK(values[i] != NULL || !marked[i]);
		if (!marked[i])
			continue;
		CHECK(radix_next_marked(r, &at) == values[i] && at == keys[i]);
		if (at++ == UINT64_MAX)
			return;
	}
	CHECK(radix_next_marked(r, &at) == NULL);
}

static void
change_mark(struct radix *r, unsigned i)
{
	if (rnd() % 2 == 0) {
		radix_mark(r, keys[i]);
		marked[i] = values[i] != NULL;
	} else {
		radix_unmark(r, keys[i]);
		marked[i] = false;
	}
}

/* How many nodes or callers have each value. */
static char object[KEYS];
static int held[KEYS];

static void
hold(void *value)
{
	held[(char *)value - object]++;
}

static void
let_go(void *arg, void *value)
{
	CHECK(--held[(char *)value - object] >= 0);
}

/* One change of the copy, which has what is in its[]. */
static void
change_copy(struct radix *copy, unsigned i, void **its)
{
	bool own;

	if (radix_own(copy, keys[i], hold, let_go, NULL) != 0) {
		CHECK(fail_every != 0);
		return;
	}
	CHECK(radix_look(copy, keys[i], &own) == its[i] && own);
	if (its[i] != NULL) {
		CHECK(radix_del(copy, keys[i]) == its[i]);
		let_go(NULL, its[i]);
		its[i] = NULL;
	} else if (radix_set(copy, keys[i], &object[i]) == 0) {
		hold(&object[i]);
		its[i] = &object[i];
	}
}

/* A copy shares nodes until one of the two changes; each lets go of its own. */
static void
test_share(unsigned bits)
{
	static void *its[KEYS];
	struct radix r, copy;

	make_keys(bits);
	radix_init(&r);
	for (unsigned i = 0; i < KEYS; i++) {
		values[i] = NULL;
		if (rnd() % 2 == 0 && radix_set(&r, keys[i], &object[i]) == 0) {
			hold(&object[i]);
			values[i] = &object[i];
		}
		its[i] = values[i];
	}
	radix_share(&r, &copy, hold);
	check_walk(&copy);
	for (unsigned step = 0; step < 2000; step++)
		change_copy(&copy, (unsigned)(rnd() % KEYS), its);
	check_walk(&r);
	radix_clear(&r, let_go, NULL);
	for (unsigned i = 0; i < KEYS; i++)
		values[i] = its[i];
	check_walk(&copy);
	radix_clear(&copy, let_go, NULL);
	for (unsigned i = 0; i < KEYS; i++) {
		CHECK(held[i] == 0);
		values[i] = NULL;
	}
	CHECK(allocated == 0);
}

static void
test_radix(unsigned bits)
{
	struct radix r;

	make_keys(bits);
	radix_init(&r);
	for (unsigned step = 0; step < 6000; step++) {
		unsigned i = (unsigned)(rnd() % KEYS);

		if (rnd() % 3 == 0) {
			CHECK(radix_del(&r, keys[i]) == values[i]);
			values[i] = NULL;
			marked[i] = false;
		} else if (radix_set(&r, keys[i], &object[i]) == 0) {
			values[i] = &object[i];
		} else {
			CHECK(fail_every != 0);
		}
		change_mark(&r, (unsigned)(rnd() % KEYS));
		if (step % 64 == 0) {
			check_walk(&r);
			check_marks(&r);
		}
	}
	for (unsigned i = 0; i < KEYS; i++) {
		CHECK(radix_del(&r, keys[i]) == values[i]);
		values[i] = NULL;
		marked[i] = false;
		check_marks(&r);
	}
	CHECK(r.root == NULL && allocated == 0);
}

/* An empty tree remembers nothing of what it had. */
static void
test_empty_again(void)
{
	struct radix r;
	char object;

	radix_init(&r);
	CHECK(radix_set(&r, 0, &object) == 0);
	radix_mark(&r, 0);
	CHECK(radix_set(&r, 100, &object) == 0);
	CHECK(radix_del(&r, 0) == &object && radix_del(&r, 100) == &object);
	CHECK(radix_set(&r, 0, &object) == 0);
	CHECK(radix_next_marked(&r, &(uint64_t){0}) == NULL);
	CHECK(radix_del(&r, 0) == &object);
}

int
main(void)
{
	test_rbtree();
	test_empty_again();
	for (fail_every = 0; fail_every < 20; fail_every += 7) {
		test_radix(4);
		test_radix(13);
		test_radix(40);
		test_radix(64);
		test_share(4);
		test_share(13);
		test_share(40);
		test_share(64);
	}
	return (0);
}
