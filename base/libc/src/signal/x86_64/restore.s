# SPDX-License-Identifier: BSD-2-Clause
# The kernel's own code returns from handlers; these are never called.
.text
.global __restore
.hidden __restore
__restore:
.global __restore_rt
.hidden __restore_rt
__restore_rt:
	hlt
