/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers.  One that finds its devices by itself (a port, the command line)
 * adds an attach function; the order is of no importance.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "lib/types.h"

struct driver {
	const char *d_name;
	void (*d_attach)(void); /* finds and starts all of its kind */
	bool d_system;		/* a program that is run alone has no use
				   for it */
};
#define DRIVER_SET(d) LINKER_SET(driver, d)

/* `alone`: it isn't a whole system that will run. */
void device_attach_all(bool alone) __sleeps;

#endif
