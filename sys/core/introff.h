/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long interrupts are off at most, and where (options INTRDEBUG):
 * sysctl debug.intr_off. Without the option all of it is nothing.
 */
#ifndef CORE_INTROFF_H
#define CORE_INTROFF_H

#ifdef OPT_INTRDEBUG
/* Called by amd64/md.h and traps: interrupts have just gone off, or are about
 * to be on again. */
void introff_begin(void);
void introff_end(void);
#else
static inline void
introff_begin(void)
{
}

static inline void
introff_end(void)
{
}
#endif

#endif
