/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FILE_DEVCTL_H
#define FILE_DEVCTL_H

#include "lib/types.h"

/*
 * Tells devd(8) that something happened, as a line of /dev/devctl: "!system=
 * subsystem= type=" and the rest, if it isn't "".  Any context; costs nothing
 * as long as nobody ever opened that.
 */
void devctl_notify(const char *system, const char *subsystem, const char *type,
    const char *fmt, ...) __printflike(4, 5);

#endif
