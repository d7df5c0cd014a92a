/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers.  One that finds its devices by itself (a port, the command line)
 * adds an attach function; the order is of no importance.
 *
 * What they have found is a tree for devinfo(8): hw.bus.devices.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "lib/list.h"

struct driver {
	const char *d_name;
	void (*d_attach)(void); /* finds and starts all of its kind */
	bool d_system;		/* a program that is run alone has no use
				   for it */
	bool d_late; /* only makes devices for /dev: when they are looked for */
};
#define DRIVER_SET(d) LINKER_SET(driver, d)

/* `alone`: it isn't a whole system that will run. */
void device_attach_all(bool alone) __sleeps;
/* Somebody looks for a device that isn't there: true, some have come. */
bool device_attach_late(void) __sleeps;

/* All (!) before it is added. */
struct device {
	struct list dv_link;
	const struct device *dv_parent; /* NULL: the machine itself */
	const char *dv_name;		/* without its number: "vtblk" */
	const char *dv_desc;		/* for people, or NULL */
	/* What a bus knows of it, in words for devmatch(8); or NULL. */
	void (*dv_pnpinfo)(const struct device *dv, char *buf, size_t size);
};

/* While booting: it is there for good. */
void device_add(struct device *dv);
/* The i-th, each behind its parent, or NULL; and a number for it, 0 for NULL.
 */
const struct device *device_at(unsigned i);
unsigned device_number(const struct device *dv);
/* Its name with its number, "vtblk0", and the one of that name, or NULL. */
void device_name(const struct device *dv, char *buf, size_t size);
const struct device *device_find(const char *name);

#endif
