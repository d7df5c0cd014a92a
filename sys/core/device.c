/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device.h"
#include "core/module.h"
#include "core/sync.h"
#include "lib/printf.h"
#include "lib/string.h"

SET_DECLARE(driver);

void
device_attach_all(bool alone)
{
	assert_may_sleep("device_attach_all");
	SET_FOREACH (p, driver) {
		const struct driver *d = *p;

		if (!d->d_late && (!alone || !d->d_system))
			d->d_attach();
	}
}

bool
device_attach_late(void)
{
	static struct mutex lock = MUTEX_INITIALIZER(lock, "late devices");
	static bool done; /* (lock a) */

	if (__predict_true(atomic_load(&done)))
		return (false);
	mutex_lock(&lock);
	SET_FOREACH (p, driver) {
		const struct driver *d = *p;

		if (d->d_late && !done)
			d->d_attach();
	}
	atomic_store(&done, true);
	mutex_unlock(&lock);
	return (true);
}

/* What each machine has; the rest is below the second. */
static struct device root_bus = {
    .dv_name = "root", .dv_desc = "System root bus"};
static struct device nexus = {.dv_parent = &root_bus, .dv_name = "nexus"};

/* (!) while booting; each behind its parent. */
static struct list devices = LIST_INITIALIZER(devices);

void
device_add(struct device *dv)
{
	if (dv->dv_parent == NULL)
		dv->dv_parent = &nexus;
	list_push_back(&devices, &dv->dv_link);
}

const struct device *
device_at(unsigned i)
{
	struct device *dv;

	if (i < 2)
		return (i == 0 ? &root_bus : &nexus);
	i -= 2;
	LIST_FOREACH (dv, &devices, dv_link)
		if (i-- == 0)
			return (dv);
	return (NULL);
}

unsigned
device_number(const struct device *dv)
{
	const struct device *d;
	unsigned i = 0;

	while (dv != NULL && (d = device_at(i++)) != NULL)
		if (d == dv)
			return (i);
	return (0);
}

void
device_name(const struct device *dv, char *buf, size_t size)
{
	const struct device *d;
	unsigned unit = 0;

	for (unsigned i = 0; (d = device_at(i)) != NULL && d != dv; i++)
		unit += strcmp(d->dv_name, dv->dv_name) == 0;
	snprintf(buf, size, "%s%u", dv->dv_name, unit);
}

const struct device *
device_find(const char *name)
{
	const struct device *dv;
	char full[64];

	for (unsigned i = 0; (dv = device_at(i)) != NULL; i++) {
		device_name(dv, full, sizeof(full));
		if (strcmp(full, name) == 0)
			return (dv);
	}
	return (NULL);
}

MODULE(rootbus, "rootbus");
