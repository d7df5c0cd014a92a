/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/printf.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "core/printf.h"
#include "core/sched.h"
#include "core/sync.h"

#define MSGBUF_SIZE 32768u

bool boot_verbose;

static struct {
	struct spin lock;
	uint64_t written; /* (lock) bytes ever */
	uint64_t cleared; /* (lock) where reading begins */
} msgbuf = {.lock = SPIN_INITIALIZER("msgbuf")};
/* Its ring, (msgbuf.lock): by itself, since the kernel's file has no zeroes of
 * what isn't initialised. */
static char msgbuf_text[MSGBUF_SIZE];

/* (a) id of the CPU whose messages are the last ones, or -1: it panics, or ends
 * the machine.  The message buffer's lock is its own. */
static int last_cpu = -1;
static int consmute;			/* (a) print nothing */
static const struct kconsole *kconsole; /* (a) NULL: the polled one */
static void (*listener)(void);		/* (a) /dev/klog's, or NULL */

static void
emit(void *arg, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		msgbuf_text[msgbuf.written++ % MSGBUF_SIZE] = s[i];
	if (kconsole == NULL && (consmute == 0 || last_cpu >= 0))
		md_console_write(s, n);
}

static void
tell_listener(void)
{
	void (*fn)(void) = atomic_load(&listener);

	if (fn != NULL)
		fn();
}

/* Is the caller the last one to speak? */
static bool
is_last(void)
{
	int last = atomic_load(&last_cpu);

	return (__predict_false(last >= 0) && last == (int)curcpu()->c_id);
}

static void
vkprintf(const char *fmt, va_list ap)
{
	if (is_last()) {
		vformat(emit, NULL, fmt, ap);
		if (kconsole != NULL)
			kconsole->kc_flush();
		return;
	}
	spin_lock(&msgbuf.lock);
	vformat(emit, NULL, fmt, ap);
	spin_unlock(&msgbuf.lock);
	if (atomic_load(&kconsole) != NULL)
		kconsole->kc_kick();
	tell_listener();
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vkprintf(fmt, ap);
	va_end(ap);
}

/* What is there from *pos or `from` on. (lock) */
static size_t
copy_text(uint64_t *pos, uint64_t from, char *buf, size_t n)
{
	uint64_t oldest =
	    msgbuf.written > MSGBUF_SIZE ? msgbuf.written - MSGBUF_SIZE : 0;
	size_t done = 0;

	*pos = MAX(*pos, MAX(oldest, from));
	while (done < n && *pos < msgbuf.written)
		buf[done++] = msgbuf_text[(*pos)++ % MSGBUF_SIZE];
	return (done);
}

size_t
msgbuf_read(uint64_t *pos, char *buf, size_t n)
{
	size_t done;

	spin_lock(&msgbuf.lock);
	done = copy_text(pos, msgbuf.cleared, buf, n);
	spin_unlock(&msgbuf.lock);
	return (done);
}

size_t
kconsole_read(uint64_t *pos, char *buf, size_t n)
{
	size_t done;

	if (is_last())
		return (copy_text(pos, 0, buf, n));
	spin_lock(&msgbuf.lock);
	done = copy_text(pos, consmute ? msgbuf.written : 0, buf, n);
	spin_unlock(&msgbuf.lock);
	return (done);
}

uint64_t
kconsole_unread(uint64_t pos)
{
	return (atomic_load(&msgbuf.written) - pos);
}

void
kconsole_register(const struct kconsole *kc, uint64_t *pos)
{
	spin_lock(&msgbuf.lock);
	*pos = msgbuf.written;
	atomic_store(&kconsole, kc);
	spin_unlock(&msgbuf.lock);
}

size_t
msgbuf_unread(uint64_t pos)
{
	uint64_t from;

	spin_lock(&msgbuf.lock);
	from = MAX(pos, msgbuf.cleared);
	if (msgbuf.written - from > MSGBUF_SIZE)
		from = msgbuf.written - MSGBUF_SIZE;
	spin_unlock(&msgbuf.lock);
	return (msgbuf.written - from);
}

void
msgbuf_set_listener(void (*fn)(void))
{
	atomic_store(&listener, fn);
}

const char *
kconsole_name(void)
{
	return (atomic_load(&kconsole) != NULL ? kconsole->kc_name : NULL);
}

int
kconsole_mute(int mute)
{
	return (
	    mute < 0 ? atomic_load(&consmute) : atomic_swap(&consmute, mute));
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
kconsole_seize(void)
{
	int last = -1;

	(void)intr_disable();
	if (!atomic_cas(&last_cpu, &last, (int)curcpu()->c_id)) {
		/* Another CPU is about to end the machine. */
		if (last != (int)curcpu()->c_id)
			md_halt();
		return;
	}
	spin_seize(&msgbuf.lock);
	if (kconsole != NULL)
		kconsole->kc_flush();
}

void
panic(const char *fmt, ...)
{
	static bool again;
	va_list ap;

	kconsole_seize();
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
