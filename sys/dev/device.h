/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers.  One that finds its devices by itself (a port, the command line)
 * adds an attach function; the order is of no importance.
 */
#ifndef DEV_DEVICE_H
#define DEV_DEVICE_H

#include "lib/types.h"

struct driver {
	const char *d_name;
	void (*d_attach)(void); /* finds and starts all of its kind */
};
#define DRIVER_SET(d) LINKER_SET(driver, d)

void device_attach_all(void);

#endif
