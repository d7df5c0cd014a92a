/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/string.h"
#include "amd64/md.h"
#include "boot/ktest.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sched.h"

SET_DECLARE(ktest);

static const char *wanted; /* from the command line */
static size_t wanted_len;
static const char *current;
static bool failed;

void
ktest_fail(const char *file, int line, const char *cond)
{
	kprintf("FAIL %s %s:%d: %s\n", current, file, line, cond);
	failed = true;
}

static bool
is_wanted(const struct ktest *t)
{
	if (wanted_len == 3 && strncmp(wanted, "all", 3) == 0)
		return (!t->panics);
	return (strlen(t->name) == wanted_len &&
		strncmp(t->name, wanted, wanted_len) == 0);
}

static void
run_tests(void *arg)
{
	unsigned passes = 0, fails = 0;

	SET_FOREACH (p, ktest) {
		const struct ktest *t = *p;

		if (!is_wanted(t))
			continue;
		current = t->name;
		failed = false;
		t->fn();
		if (failed) {
			fails++;
		} else {
			passes++;
			kprintf("ok %s\n", t->name);
		}
	}
	kprintf("ktest: %u passed, %u failed\n", passes, fails);
	md_reset();
}

void
ktest_start(void)
{
	wanted = boot_option("ktest", &wanted_len);
	if (wanted == NULL)
		return;
	if (kthread_create("ktest", run_tests, NULL) == NULL)
		panic("no memory for the tests' thread");
	sched_idle_loop();
}
