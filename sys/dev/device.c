/* SPDX-License-Identifier: BSD-2-Clause */
#include "dev/device.h"

SET_DECLARE(driver);

void
device_attach_all(void)
{
	SET_FOREACH (p, driver) {
		const struct driver *d = *p;

		d->d_attach();
	}
}
