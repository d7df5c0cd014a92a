/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * How far something is that takes long: on a terminal a line that changes, else
 * a single one.
 */

#include <stdio.h>
#include <unistd.h>

#include "image.h"
#include "imp.h"

#define MB	 (UINT64_C(1) << 20)
#define INTERVAL 0.2 /* seconds between two lines */

static struct {
	const char *what;
	uint64_t total; /* bytes; 0: not known */
	double next;	/* when there will be something to say */
	bool said;
} state;

void
progress_begin(const char *what, uint64_t total)
{
	state.what = what;
	state.total = total;
	state.next = clock_seconds() + 1;
	state.said = false;
}

void
progress(uint64_t done)
{
	bool terminal;

	if (clock_seconds() < state.next)
		return;
	terminal = isatty(2);
	state.next = clock_seconds() + INTERVAL;
	if (!terminal && !state.said)
		fprintf(stderr, "imp: %s ...\n", state.what);
	if (terminal) {
		fprintf(stderr, "\rimp: %s: %llu", state.what,
		    (unsigned long long)(done / MB));
		if (state.total != 0)
			fprintf(stderr, " of %llu",
			    (unsigned long long)(state.total / MB));
		fprintf(stderr, " MB");
	}
	state.said = true;
}

void
progress_end(void)
{
	if (state.said && isatty(2))
		fprintf(stderr, "\r\033[K");
}
