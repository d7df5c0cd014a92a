/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/pageout.h"
#include "core/count.h"
#include "core/printf.h"
#include "core/thread.h"
#include "core/sync.h"
#include "vm/map.h"

#define PATIENCE (NSEC_PER_SEC / 4) /* of one who waits for memory */
#define ROUNDS	 4		    /* the daemon's, without success */
#define SLOW	 (NSEC_PER_SEC * 2) /* a disk that writes nothing that long */

/* Pages: a part of memory, up to a number that suffices with any amount. */
#define WANT  (MIN(page_total() / 32, 4096) + 64) /* from a round */
#define DIRTY MIN(page_total() / 8, 65536)

/* Guarded by (l) lock, (a) atomic. */
static struct {
	struct spin lock;
	struct cv work;	       /* wanted */
	struct cv round;       /* a round is over, or pages were written */
	bool wanted;	       /* (a) */
	struct list shrinkers; /* (l) only ever grows */
	uint64_t rounds;       /* (l) how many there were */
	uint64_t freed;	       /* (l) pages, ever */
	uint64_t written;      /* (l) pages, ever */
	bool pushed;	       /* (l) more are to be written */
} pageout = {.lock = SPIN_INITIALIZER("pageout"),
    .work = CV_INITIALIZER(pageout.work, "psleep"),
    .round = CV_INITIALIZER(pageout.round, "vmwait"),
    .shrinkers = LIST_INITIALIZER(pageout.shrinkers)};

/* One round: pages of files, and the rest of what is wanted from others. */
static uint64_t
shrink_all(bool *pushed)
{
	const uint64_t want = WANT;
	uint64_t freed = reclaim_pages(want);
	struct shrinker *sh;

	*pushed = false;
	LIST_FOREACH (sh, &pageout.shrinkers, sh_link) {
		if (freed < want)
			freed += sh->sh_shrink(want - freed);
		if (freed < want && sh->sh_push())
			*pushed = true;
	}
	return (freed);
}

/* Until there is enough, or several rounds brought nothing. */
static void
free_some(void)
{
	unsigned failed = 0;

	while (page_few() && failed < ROUNDS) {
		bool pushed;
		uint64_t freed = shrink_all(&pushed);

		failed = freed == 0 ? failed + 1 : 0;
		if (freed == 0)
			count(COUNT_DAEMON_FAILED);
		spin_lock(&pageout.lock);
		pageout.rounds++;
		pageout.freed += freed;
		pageout.pushed = pushed;
		cv_broadcast(&pageout.round);
		spin_unlock(&pageout.lock);
	}
}

static void
pageout_main(void *arg)
{
	for (;;) {
		spin_lock(&pageout.lock);
		while (!pageout.wanted)
			cv_wait_spin(&pageout.work, &pageout.lock);
		atomic_store(&pageout.wanted, false);
		count(COUNT_DAEMON);
		spin_unlock(&pageout.lock);
		free_some();
	}
}

void
pageout_add(struct shrinker *sh)
{
	bool first;

	spin_lock(&pageout.lock);
	first = list_empty(&pageout.shrinkers);
	list_push_back(&pageout.shrinkers, &sh->sh_link);
	spin_unlock(&pageout.lock);
	if (first && kthread_create("pagedaemon", pageout_main, NULL) == NULL)
		kprintf("pagedaemon: no memory to start it\n");
}

static void
demand(void)
{
	spin_lock(&pageout.lock);
	if (!list_empty(&pageout.shrinkers) && !pageout.wanted) {
		atomic_store(&pageout.wanted, true);
		cv_signal(&pageout.work);
	}
	spin_unlock(&pageout.lock);
}

void
pageout_check(void)
{
	if (__predict_false(page_few()) && !atomic_load(&pageout.wanted))
		demand();
}

uint64_t
pageout_dirty_max(void)
{
	return (ptoa(DIRTY));
}

void
pageout_wrote(unsigned pages)
{
	spin_lock(&pageout.lock);
	pageout.written += pages;
	cv_broadcast(&pageout.round);
	spin_unlock(&pageout.lock);
}

bool
pageout_try(void)
{
	const uint64_t until = clock_ns() + PATIENCE;
	uint64_t freed, rounds;
	bool success = false;

	if (list_empty(&pageout.shrinkers))
		return (false);
	demand();
	spin_lock(&pageout.lock);
	freed = pageout.freed;
	rounds = pageout.rounds;
	/* The round under way may have begun before. */
	while (!success && pageout.rounds < rounds + 2 &&
	       cv_wait_spin_sig(&pageout.round, &pageout.lock, until) == 0)
		success = pageout.freed != freed;
	spin_unlock(&pageout.lock);
	return (success);
}

static uint64_t
pages_written(void)
{
	uint64_t n;

	spin_lock(&pageout.lock);
	n = pageout.written;
	spin_unlock(&pageout.lock);
	return (n);
}

/* Until more than `before` have been written; false: that takes too long, or
 * there is nothing to be written. */
static bool
wait_written(uint64_t before)
{
	const uint64_t until = clock_ns() + SLOW;
	bool more;

	spin_lock(&pageout.lock);
	while (pageout.pushed && pageout.written == before &&
	       cv_wait_spin_sig(&pageout.round, &pageout.lock, until) == 0)
		continue;
	more = pageout.written != before;
	spin_unlock(&pageout.lock);
	return (more);
}

bool
pageout_wait(void)
{
	uint64_t written;

	do {
		written = pages_written();
		if (pageout_try())
			return (true);
	} while (wait_written(written));
	return (false);
}

uint64_t
pageout_freed(void)
{
	uint64_t n;

	spin_lock(&pageout.lock);
	n = pageout.freed;
	spin_unlock(&pageout.lock);
	return (n);
}
