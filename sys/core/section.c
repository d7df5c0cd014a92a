/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/lockdebug.h"
#include "core/section.h"

void
section_wait(void)
{
	unsigned now;

	assert_may_sleep("section_wait");
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < ncpus; i++) {
		now = atomic_load(&cpus[i].c_section);
		while ((now & 1) != 0 && atomic_load(&cpus[i].c_section) == now)
			cpu_relax();
	}
}
