/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own voice: the message buffer (dmesg) and the console.
 */
#ifndef CORE_PRINTF_H
#define CORE_PRINTF_H

#include "lib/types.h"

void kprintf_init(void); /* reads boot_verbose from the command line */
/* To the message buffer and the console; any context. */
void kprintf(const char *fmt, ...) __printflike(1, 2);
/* A step of booting is done: printed with its time since kernel entry if
 * boot_verbose=YES. */
void boot_step(const char *what);
extern bool boot_verbose;

/* Prints the reason and a backtrace, then resets the machine. */
__noreturn void panic(const char *fmt, ...) __printflike(1, 2);
#define kassert(e)                                                             \
	(__predict_true(e)                                                     \
		? (void)0                                                      \
		: panic("%s:%d: not true: %s", __FILE__, __LINE__, #e))

/* The message buffer: copies up to n bytes from offset *pos (0: the oldest),
 * advances it. Returns the number of bytes. */
size_t msgbuf_read(uint64_t *pos, char *buf, size_t n);
void msgbuf_clear(void);
size_t msgbuf_unread(uint64_t pos); /* bytes that msgbuf_read() has */
/* Called after each message, in any context, or NULL. */
void msgbuf_set_listener(void (*listener)(void));

/*
 * A driver that prints kernel messages takes over from the polled console:
 * kick is called, in any context, after there is more.  flush is called by the
 * CPU that has seized the console, with interrupts off: it puts out all there
 * is, by polling, and waits no longer than a reader may take.
 */
struct kconsole {
	const char *kc_name; /* ttyu0 */
	void (*kc_kick)(void);
	void (*kc_flush)(void);
};
/* *pos is from where messages haven't been printed; kick comes after it. */
void kconsole_register(const struct kconsole *kc, uint64_t *pos);
/* Like msgbuf_read(), but what was cleared is still to be printed. */
size_t kconsole_read(uint64_t *pos, char *buf, size_t n);
/* Bytes from pos on; they are lost when the message buffer overflows. */
uint64_t kconsole_unread(uint64_t pos);
const char *kconsole_name(void); /* ttyu0; NULL: the polled one */
/* Prints nothing with 1; -1 only asks.  What it was. */
int kconsole_mute(int mute);
/* Before a panic's messages, or the machine's last one: all that is pending is
 * out first, and from now on only the caller prints, with interrupts off.
 * Doesn't return on a second CPU. */
void kconsole_seize(void);

/* A word of the kernel command line, "name=value": the value up to the next
 * space, or NULL. *len is its length. */
const char *boot_option(const char *name, size_t *len);

#endif
