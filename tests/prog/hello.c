/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments, one on each line, and the status that the last one names. */
#include "freebsd.h"

int
main(int argc, char **argv)
{
	int status = 0;

	say("hello\n");
	for (int i = 1; i < argc; i++) {
		say(argv[i]);
		say("\n");
		status = argv[i][0] >= '0' && argv[i][0] <= '9'
			     ? argv[i][0] - '0'
			     : 0;
	}
	return (status);
}
