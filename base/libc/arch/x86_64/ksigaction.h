/* SPDX-License-Identifier: BSD-2-Clause */
/* sigaction(2)'s argument; the kernel doesn't look at the restorer. */
#include <features.h>

struct k_sigaction {
	void (*handler)(int);
	int flags;
	unsigned mask[4];
	void (*restorer)(void);
};

hidden void __restore(void), __restore_rt(void);
