/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/device.h"
#include "core/module.h"
#include "core/sync.h"

SET_DECLARE(driver);

void
device_attach_all(bool alone)
{
	assert_may_sleep("device_attach_all");
	SET_FOREACH (p, driver) {
		const struct driver *d = *p;

		if (!alone || !d->d_system)
			d->d_attach();
	}
}

MODULE(rootbus, "rootbus");
