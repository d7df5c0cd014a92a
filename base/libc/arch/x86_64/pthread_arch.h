/* SPDX-License-Identifier: BSD-2-Clause */
static inline uintptr_t
__get_tp(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:0,%0" : "=r"(tp));
	return (tp);
}

#define MC_PC mc_rip
