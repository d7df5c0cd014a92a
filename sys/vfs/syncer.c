/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfs/syncer.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sync.h"
#include "vm/pageout.h"

#define DELAY (5 * NSEC_PER_SEC)

/* (m) lock, (p) pages_lock: who changes the list holds both; (w) wake_lock. */
static struct {
	struct mutex lock;
	struct mutex pages_lock;
	struct list clients; /* (m p) */
	bool running;	     /* (m) */
	struct spin wake_lock;
	struct cv cv;
	unsigned dirty; /* (w) how many are */
	bool now;	/* (w) there is much: don't wait */
} syncer = {.lock = MUTEX_INITIALIZER(syncer.lock, "syncer"),
    .pages_lock = MUTEX_INITIALIZER(syncer.pages_lock, "syncer pages"),
    .clients = LIST_INITIALIZER(syncer.clients),
    .wake_lock = SPIN_INITIALIZER("syncer wake"),
    .cv = CV_INITIALIZER(syncer.cv, "syncer")};

static void
commit_all(void)
{
	struct syncer_client *sc;

	mutex_lock(&syncer.lock);
	LIST_FOREACH (sc, &syncer.clients, sc_link)
		if (atomic_load(&sc->sc_dirty))
			(void)sc->sc_commit(sc);
	mutex_unlock(&syncer.lock);
}

/* Until something has been dirty for a while, or must be written now. */
static void
wait_for_work(void)
{
	uint64_t until;

	spin_lock(&syncer.wake_lock);
	while (syncer.dirty == 0)
		cv_wait_spin(&syncer.cv, &syncer.wake_lock);
	until = clock_ns() + DELAY;
	while (!syncer.now && clock_ns() < until)
		(void)cv_wait_spin_sig(&syncer.cv, &syncer.wake_lock, until);
	syncer.now = false;
	spin_unlock(&syncer.wake_lock);
}

static void
syncer_main(void *arg)
{
	for (;;) {
		wait_for_work();
		commit_all();
	}
}

void
syncer_note(struct syncer_client *sc)
{
	if (atomic_load(&sc->sc_dirty))
		return;
	spin_lock(&syncer.wake_lock);
	if (!sc->sc_dirty) {
		atomic_store(&sc->sc_dirty, true);
		if (syncer.dirty++ == 0)
			cv_signal(&syncer.cv);
	}
	spin_unlock(&syncer.wake_lock);
}

void
syncer_clean(struct syncer_client *sc)
{
	spin_lock(&syncer.wake_lock);
	if (sc->sc_dirty) {
		atomic_store(&sc->sc_dirty, false);
		syncer.dirty--;
	}
	spin_unlock(&syncer.wake_lock);
}

bool
syncer_hurry(void)
{
	bool dirty;

	spin_lock(&syncer.wake_lock);
	dirty = syncer.dirty > 0;
	syncer.now = dirty;
	if (dirty)
		cv_signal(&syncer.cv);
	spin_unlock(&syncer.wake_lock);
	return (dirty);
}

static uint64_t
shrink(uint64_t want)
{
	struct syncer_client *sc;
	uint64_t freed = 0;

	mutex_lock(&syncer.pages_lock);
	LIST_FOREACH (sc, &syncer.clients, sc_link)
		if (freed < want)
			freed += sc->sc_shrink(sc, want - freed);
	mutex_unlock(&syncer.pages_lock);
	return (freed);
}

void
syncer_add(struct syncer_client *sc)
{
	static struct shrinker shrinker = {
	    .sh_shrink = shrink, .sh_push = syncer_hurry};
	bool first;

	mutex_lock(&syncer.lock);
	first = !syncer.running;
	syncer.running = true;
	mutex_lock(&syncer.pages_lock);
	list_push_back(&syncer.clients, &sc->sc_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
	if (!first)
		return;
	pageout_add(&shrinker);
	if (kthread_create("syncer", syncer_main, NULL) == NULL)
		kprintf("syncer: no memory to start it\n");
}

void
syncer_remove(struct syncer_client *sc)
{
	mutex_lock(&syncer.lock);
	mutex_lock(&syncer.pages_lock);
	list_remove(&sc->sc_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
	syncer_clean(sc);
}
