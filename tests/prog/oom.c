/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory runs out: the one who took it is killed, and all else goes on. */
#include "freebsd.h"

#define MEGABYTE (1ul << 20)

static void
eat(void)
{
	for (;;) {
		char *p = map_anon(MEGABYTE, MAP_ANON_PRIVATE);

		if ((long)p < 0)
			(void)SYS(SYS_exit, 1);
		for (unsigned long i = 0; i < MEGABYTE; i += 4096)
			p[i] = 1;
	}
}

int
main(int argc, char **argv)
{
	char *mine = map_anon(MEGABYTE, MAP_ANON_PRIVATE);
	int status;

	for (unsigned long i = 0; i < MEGABYTE; i++)
		mine[i] = (char)i;
	for (int round = 0; round < 2; round++) {
		long pid = SYS(SYS_fork);

		if (pid == 0)
			eat();
		CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
		CHECK_EQ(status & 0x7f, SIGKILL);
	}
	for (unsigned long i = 0; i < MEGABYTE; i++)
		CHECK_EQ(mine[i], (char)i);
	return (result("oom"));
}
