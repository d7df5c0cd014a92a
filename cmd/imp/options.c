/* SPDX-License-Identifier: BSD-2-Clause */

/* What the sub-commands that start machines have in common: options' values,
 * and what is to be had before anything is started. */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imp.h"

#define MEMORY_DEFAULT (UINT64_C(256) << 20)
#define MEMORY_MINIMUM (UINT64_C(8) << 20)
#define MEMORY_MAXIMUM (UINT64_C(1) << 40)

/* Bytes with a suffix k, m (also without any), g, t. */
static uint64_t
option_memory(const char *text)
{
	unsigned long long n;
	unsigned shift = 20;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end != '\0') {
		const char *units = "kmgt", *unit;

		unit = strchr(units, *end | 0x20);
		if (unit == NULL || end[1] != '\0')
			errx(EXIT_IMP, "-m %s: not an amount of memory", text);
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (text[0] < '0' || text[0] > '9' || errno != 0 ||
	    n > MEMORY_MAXIMUM >> shift)
		errx(EXIT_IMP, "-m %s: not an amount of memory", text);
	n <<= shift;
	if (n < MEMORY_MINIMUM)
		errx(EXIT_IMP, "-m %s: less than %llum is not enough", text,
		    (unsigned long long)MEMORY_MINIMUM >> 20);
	return (n);
}

static unsigned
option_cpus(const char *text)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (*end != '\0' || n < 1 || n > MAX_CPUS)
		errx(EXIT_IMP, "-c %s: not a number from 1 to %d", text,
		    MAX_CPUS);
	return ((unsigned)n);
}

static unsigned
online_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > MAX_CPUS ? MAX_CPUS : (unsigned)n);
}

static const char *
option_accel(const char *text)
{
	static const char *const known[] = {"auto", "kvm", "tcg"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i]) == 0)
			return (text);
	errx(EXIT_IMP, "--accel %s: not auto, kvm or tcg", text);
}

void
machine_init(struct machine *m)
{
	*m = (struct machine){
	    .memory = MEMORY_DEFAULT, .cpus = online_cpus(), .accel = "auto"};
}

void
machine_option(
    struct machine *m, int option, const char *value, const char *command)
{
	switch (option) {
	case 'c':
		m->cpus = option_cpus(value);
		break;
	case 'm':
		m->memory = option_memory(value);
		break;
	case OPT_ACCEL:
		m->accel = option_accel(value);
		break;
	case OPT_GDB:
		m->gdb = true;
		break;
	case OPT_KERNEL:
		m->kernel = value;
		break;
	case OPT_QEMU:
		strings_add(&m->qemu, value);
		break;
	case OPT_VERBOSE:
		m->verbose = true;
		break;
	case 'h':
		exit(help_command(command));
	default:
		/* getopt_long(3) has said what is wrong. */
		exit(EXIT_IMP);
	}
}

/* Whoever started us without one of the descriptors 0 to 2 gets /dev/null:
 * else a file of ours would take its number. */
void
open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	if (fd >= 0)
		close(fd);
}
