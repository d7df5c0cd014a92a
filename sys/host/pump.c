/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/pump.h"

void
pump_run(struct pump *pu, bool (*step)(struct pump *pu))
{
	spin_lock(&pu->pu_lock);
	pu->pu_again = true;
	if (pu->pu_busy) {
		spin_unlock(&pu->pu_lock);
		return;
	}
	pu->pu_busy = true;
	while (pu->pu_again) {
		pu->pu_again = false;
		spin_unlock(&pu->pu_lock);
		while (step(pu))
			continue;
		spin_lock(&pu->pu_lock);
	}
	pu->pu_busy = false;
	spin_unlock(&pu->pu_lock);
}
