/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_EXTERR_H
#define ABI_FREEBSD_EXTERR_H

/*
 * Extended errors: more about an error than its number, for a thread that has
 * given exterrctl(2) a place for it.
 *
 * They are for the checks of a call's own arguments, whose error the call
 * returns whatever else happens: nothing forgets one that was noted.
 */
#include "core/thread.h"

struct exterr {
	unsigned category; /* EXTERR_* */
	unsigned line;	   /* of the kernel's source, to tell two apart */
	const char *text;  /* at most 127 bytes */
};

/* FreeBSD's categories. */
enum { EXTERR_MMAP = 1, EXTERR_FILEDESC, EXTERR_GENIO = 6 };

/* Notes it with two numbers that say more, and is the error. */
#define EXTERR(td, error, cat, words, p1, p2)                                  \
	({                                                                     \
		static const struct exterr noted = {                           \
		    .category = (cat), .line = __LINE__, .text = (words)};     \
		exterr_note((td), &noted, (p1), (p2));                         \
		(error);                                                       \
	})

static inline void
exterr_note(
    struct thread *td, const struct exterr *why, uint64_t p1, uint64_t p2)
{
	td->td_exterr = why;
	td->td_exterr_about[0] = p1;
	td->td_exterr_about[1] = p2;
}

/* A call returns the error to td's program, which wants to know. */
void exterr_report(struct thread *td, int error) __sleeps;

#endif
