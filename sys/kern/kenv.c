/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's environment.  Words NAME=VALUE of the command line, whose
 * values may stand in double quotes; a word without a value is set to 1, and
 * one of the form -FLAGS sets the boot_* variable of each flag.  It is read
 * when first asked for: most machines never do.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "kern/kenv.h"
#include "core/printf.h"
#include "fbsd/num/reboot.h"
#include "core/sync.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define KENV_MAX 512

/* A variable: its name and value in one allocation, "NAME=VALUE". */
struct variable {
	struct list kv_link; /* (k) */
	size_t kv_name;	     /* (!) length of the name */
	size_t kv_size;	     /* (!) of kv_text with its NUL */
	char kv_text[];	     /* (!) */
};

static struct mutex kenv_lock = MUTEX_INITIALIZER(kenv_lock, "kenv");
static struct list variables = LIST_INITIALIZER(variables); /* (k) kenv_lock */
static unsigned count;					    /* (k) */
static bool was_read;					    /* (k) */

static const struct {
	char flag;
	int howto;
	const char *name;
} flags[] = {
    {'a', RB_ASKNAME, "boot_askname"},
    {'C', RB_CDROM, "boot_cdrom"},
    {'D', RB_MULTIPLE, "boot_multicons"},
    {'d', RB_KDB, "boot_ddb"},
    {'g', RB_GDB, "boot_gdb"},
    {'h', RB_SERIAL, "boot_serial"},
    {'m', RB_MUTE, "boot_mute"},
    {'p', RB_PAUSE, "boot_pause"},
    {'r', RB_DFLTROOT, "boot_dfltroot"},
    {'s', RB_SINGLE, "boot_single"},
    {'v', RB_VERBOSE, "boot_verbose"},
};

static struct variable *
find(const char *name, size_t length)
{
	struct variable *kv;

	LIST_FOREACH (kv, &variables, kv_link)
		if (kv->kv_name == length &&
		    memcmp(kv->kv_text, name, length) == 0)
			return (kv);
	return (NULL);
}

static void
discard(struct variable *kv)
{
	list_remove(&kv->kv_link);
	count--;
	kmem_free(kv, sizeof(*kv) + kv->kv_size);
}

/* (k) */
static int
set(const char *name, size_t nlen, const char *value, size_t vlen)
{
	struct variable *kv, *old = find(name, nlen);

	if (nlen == 0 || nlen > KENV_MNAMELEN || vlen > KENV_MVALLEN)
		return (ENAMETOOLONG);
	if (old == NULL && count == KENV_MAX)
		return (ENOSPC);
	kv = kmem_alloc(sizeof(*kv) + nlen + vlen + 2, 0);
	if (kv == NULL)
		return (ENOMEM);
	kv->kv_name = nlen;
	kv->kv_size = nlen + vlen + 2;
	memcpy(kv->kv_text, name, nlen);
	kv->kv_text[nlen] = '=';
	memcpy(kv->kv_text + nlen + 1, value, vlen);
	kv->kv_text[nlen + 1 + vlen] = '\0';
	list_push_back(&variables, &kv->kv_link);
	count++;
	if (old != NULL)
		discard(old);
	return (0);
}

static int
set_flags(const char *s, size_t length)
{
	int error = 0;

	for (; length > 0 && error == 0; s++, length--)
		for (size_t i = 0; i < nitems(flags); i++)
			if (flags[i].flag == *s)
				error = set(flags[i].name,
				    strlen(flags[i].name), "YES", 3);
	return (error);
}

/* A word of the command line. */
static int
set_word(const char *s, size_t length)
{
	size_t n = 0, value;

	if (s[0] == '-')
		return (set_flags(s + 1, length - 1));
	while (n < length && s[n] != '=')
		n++;
	if (n == length)
		return (set(s, length, "1", 1));
	value = n + 1;
	if (length - value >= 2 && s[value] == '"' && s[length - 1] == '"') {
		value++;
		length--;
	}
	return (set(s, n, s + value, length - value));
}

/* Reads the command line, once. (k) */
static void
read_words(void)
{
	const char *s = boot_cmdline, *end;
	bool quoted;

	if (was_read)
		return;
	was_read = true;
	for (; *s != '\0'; s = *end == ' ' ? end + 1 : end) {
		quoted = false;
		for (end = s; *end != '\0' && (*end != ' ' || quoted); end++)
			quoted ^= *end == '"';
		if (end > s && set_word(s, (size_t)(end - s)) != 0)
			kprintf("kenv: no room for %.*s\n", (int)(end - s), s);
	}
}

int
kenv_get(const char *name, char *buf, size_t size)
{
	struct variable *kv;

	mutex_lock(&kenv_lock);
	read_words();
	kv = find(name, strlen(name));
	if (kv != NULL)
		strlcpy(buf, kv->kv_text + kv->kv_name + 1, size);
	mutex_unlock(&kenv_lock);
	return (kv != NULL ? 0 : ENOENT);
}

int
kenv_set(const char *name, const char *value)
{
	int error;

	mutex_lock(&kenv_lock);
	read_words();
	error = set(name, strlen(name), value, strlen(value));
	mutex_unlock(&kenv_lock);
	return (error);
}

int
kenv_unset(const char *name)
{
	struct variable *kv;

	mutex_lock(&kenv_lock);
	read_words();
	kv = find(name, strlen(name));
	if (kv != NULL)
		discard(kv);
	mutex_unlock(&kenv_lock);
	return (kv != NULL ? 0 : ENOENT);
}

size_t
kenv_dump(char *buf, size_t size)
{
	struct variable *kv;
	size_t done = 0;

	mutex_lock(&kenv_lock);
	read_words();
	LIST_FOREACH (kv, &variables, kv_link) {
		if (done < size)
			memcpy(buf + done, kv->kv_text,
			    MIN(kv->kv_size, size - done));
		done += kv->kv_size;
	}
	mutex_unlock(&kenv_lock);
	return (done);
}

static bool
same_word(const char *a, const char *b)
{
	while (*b != '\0' && (*a | 0x20) == *b)
		a++, b++;
	return (*a == *b);
}

bool
kenv_true(const char *name)
{
	char value[KENV_MVALLEN + 1];

	if (kenv_get(name, value, sizeof(value)) != 0)
		return (false);
	return (same_word(value, "yes") || same_word(value, "true") ||
		same_word(value, "on") || strtoull(value, NULL, 0) != 0);
}

/* Of NUMBER with a k, m, g or t behind it: false if it is something else, or
 * more than there is. */
static bool
parse_size(const char *s, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *end, *unit;
	uint64_t n = strtoull(s, &end, 0);
	unsigned shift = 0;

	unit = *end != '\0' ? strchr(units, *end | 0x20) : NULL;
	if (unit != NULL) {
		shift = 10 * ((unsigned)(unit - units) + 1);
		end++;
	}
	*value = n << shift;
	return (end != s && *end == '\0' && *value >> shift == n);
}

uint64_t
tunable_get(struct tunable *tn)
{
	char text[KENV_MVALLEN + 1];
	uint64_t value;

	if (!atomic_load(&tn->tn_fetched)) {
		if (kenv_get(tn->tn_name, text, sizeof(text)) == 0 &&
		    parse_size(text, &value))
			atomic_store(&tn->tn_value, MIN(value, tn->tn_max));
		atomic_store(&tn->tn_fetched, true);
	}
	return (atomic_load(&tn->tn_value));
}

int
sysctl_handle_tunable(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct tunable *tn = node->sn_ptr;
	uint64_t value = tunable_get(tn);
	const size_t size = (size_t)node->sn_arg;
	int error = sysctl_out(req, &value, size);

	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &value, size);
	if (error == 0 && value > tn->tn_max)
		error = EINVAL;
	if (error == 0)
		atomic_store(&tn->tn_value, value);
	return (error);
}

int
boothowto(void)
{
	int howto = 0;

	for (size_t i = 0; i < nitems(flags); i++)
		if (kenv_true(flags[i].name))
			howto |= flags[i].howto;
	return (howto);
}

static int
sysctl_boothowto(const struct sysctl_node *node, struct sysctl_req *req)
{
	int howto = boothowto();

	return (sysctl_out(req, &howto, sizeof(howto)));
}
SYSCTL_PROC(debug_boothowto, "debug.boothowto", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_boothowto, NULL);

static int
sysctl_bootargs(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (sysctl_out_string(req, boot_cmdline));
}
SYSCTL_PROC(kern_bootargs, "kern.bootargs", CTL_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_bootargs, NULL);
