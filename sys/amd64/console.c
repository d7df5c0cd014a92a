/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel messages to the first serial port (16550), without interrupts.  A
 * port that isn't there reads as all ones and is left alone.
 */
#include "amd64/cpu.h"
#include "amd64/md.h"

#define COM1	     0x3f8
#define UART_DATA    0
#define UART_LCR     3
#define UART_MCR     4
#define UART_LSR     5
#define UART_SCRATCH 7
#define LSR_THRE     0x20
#define TRIES	     10000000 /* some ten seconds, where a reader is slow */

static bool present;
static bool stuck; /* nobody reads: it isn't waited for again until he does */

void
console_init(void)
{
	outb(COM1 + UART_SCRATCH, 0x5a);
	present = inb(COM1 + UART_SCRATCH) == 0x5a;
}

static void
put(char c)
{
	int tries = stuck ? 1 : TRIES;

	while ((inb(COM1 + UART_LSR) & LSR_THRE) == 0)
		if (--tries == 0) {
			stuck = true;
			return;
		}
	stuck = false;
	outb(COM1 + UART_DATA, (uint8_t)c);
}

void
md_console_write(const char *s, size_t n)
{
	for (; present && n > 0; n--, s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}

/* No firmware to ask: an empty interrupt table and a breakpoint make a triple
 * fault, which resets the machine. */
void
md_reset(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __packed none;

	(void)intr_disable();
	__asm__ volatile("lidt %0; int3" ::"m"(none));
	md_halt();
}

void
md_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}
