/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "kern/printf.h"
#include "kern/sync.h"

#define MSGBUF_SIZE 32768u

bool boot_verbose;

static struct {
	struct spin lock;
	uint64_t written;	/* (lock) bytes ever */
	uint64_t cleared;	/* (lock) where reading begins */
	char text[MSGBUF_SIZE]; /* (lock) a ring */
} msgbuf = {.lock = SPIN_INITIALIZER("msgbuf")};

static bool panicking;

static void
emit(void *arg, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		msgbuf.text[msgbuf.written++ % MSGBUF_SIZE] = s[i];
	md_console_write(s, n);
}

static void
vkprintf(const char *fmt, va_list ap)
{
	/* A panic may come while the lock is held. */
	bool locked = !panicking;

	if (locked)
		spin_lock(&msgbuf.lock);
	vformat(emit, NULL, fmt, ap);
	if (locked)
		spin_unlock(&msgbuf.lock);
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vkprintf(fmt, ap);
	va_end(ap);
}

size_t
msgbuf_read(uint64_t *pos, char *buf, size_t n)
{
	size_t done = 0;
	uint64_t oldest;

	spin_lock(&msgbuf.lock);
	oldest =
	    msgbuf.written > MSGBUF_SIZE ? msgbuf.written - MSGBUF_SIZE : 0;
	*pos = MAX(*pos, MAX(oldest, msgbuf.cleared));
	while (done < n && *pos < msgbuf.written)
		buf[done++] = msgbuf.text[(*pos)++ % MSGBUF_SIZE];
	spin_unlock(&msgbuf.lock);
	return (done);
}

void
msgbuf_clear(void)
{
	spin_lock(&msgbuf.lock);
	msgbuf.cleared = msgbuf.written;
	spin_unlock(&msgbuf.lock);
}

const char *
boot_option(const char *name, size_t *len)
{
	size_t n = strlen(name);

	for (const char *s = boot_cmdline; *s != '\0';) {
		const char *end = strchr(s, ' ');

		if (end == NULL)
			end = s + strlen(s);
		if (strncmp(s, name, n) == 0 && s[n] == '=') {
			*len = (size_t)(end - s) - n - 1;
			return (s + n + 1);
		}
		s = *end == ' ' ? end + 1 : end;
	}
	return (NULL);
}

void
kprintf_init(void)
{
	size_t len;
	const char *value = boot_option("boot_verbose", &len);

	boot_verbose =
	    value != NULL && len == 3 && strncmp(value, "YES", 3) == 0;
}

void
boot_step(const char *what)
{
	if (boot_verbose)
		kprintf("[%8lu us] %s\n", clock_ns() / NSEC_PER_USEC, what);
}

void
panic_begin(void)
{
	(void)intr_disable();
	panicking = true;
}

void
panic(const char *fmt, ...)
{
	static bool again;
	va_list ap;

	panic_begin();
	if (again)
		md_reset();
	again = true;
	kprintf("panic: ");
	va_start(ap, fmt);
	vkprintf(fmt, ap);
	va_end(ap);
	kprintf("\n");
	md_backtrace();
	md_reset();
}

/* The compiler's stack protector found a smashed stack. */
uintptr_t __stack_chk_guard = 0x595e9fbd94fda766;
void __stack_chk_fail(void);

void
__stack_chk_fail(void)
{
	panic("stack smashed");
}
