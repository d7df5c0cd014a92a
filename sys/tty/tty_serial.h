/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serial lines' terminals under all their names: ttyX waits for a carrier,
 * cuaX doesn't; *.init hold what a first opening begins with, *.lock what
 * can't be changed.
 */
#ifndef TTY_TTY_SERIAL_H
#define TTY_TTY_SERIAL_H

#include "tty/tty.h"

struct serial;

struct serial_ops {
	struct ttydev_ops so_tty; /* all but td_closed */
	/* Nobody had it open, and somebody will: raise DTR, let input in. */
	void (*so_open)(void *arg);
	void (*so_close)(void *arg, bool hang_up); /* nobody has, any more */
	bool (*so_carrier)(void *arg);
};

/* Makes /dev/ttyX, cuaX and theirs, where X is `suffix`, such as "u0".
 * `console`: /dev/console as well, and the line's carrier isn't looked at.
 * Never goes away. NULL: no memory. */
struct serial *serial_create(const struct serial_ops *ops, void *arg,
    const char *suffix, bool console) __sleeps;
struct tty *serial_tty(struct serial *se);
/* The carrier came or went; any context. */
void serial_carrier(struct serial *se, bool on);

#endif
