/* SPDX-License-Identifier: BSD-2-Clause */
/* Only ends, with status 0. */
#include "freebsd.h"

int
main(int argc, char **argv)
{
	return (0);
}
