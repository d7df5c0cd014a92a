/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sysctl: shows and sets the kernel's variables.  What a variable is, the
 * kernel says itself: a kind, and a format for people.
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct variable {
	int oid[CTL_MAXNAME];
	size_t n;
	char name[256];
	unsigned kind; /* CTLTYPE_ and flags */
	char format[32];
};

static struct {
	bool all, no_names, names, descriptions, equals, group, ignore, quiet;
} flags;

/* Asks the kernel {0, what, oid...}: text, always ended. */
static bool
ask(int what, const struct variable *v, void *buf, size_t *size)
{
	int oid[CTL_MAXNAME + 2] = {CTL_SYSCTL, what};

	memcpy(oid + 2, v->oid, v->n * sizeof(int));
	return (sysctl(oid, (unsigned)v->n + 2, buf, size, NULL, 0) == 0);
}

/* Fills in what it is, by its number. */
static bool
describe(struct variable *v)
{
	char answer[4 + sizeof(v->format)] = "";
	size_t size = sizeof(v->name) - 1;

	memset(v->name, 0, sizeof(v->name));
	if (!ask(CTL_SYSCTL_NAME, v, v->name, &size))
		return (false);
	size = sizeof(answer) - 1;
	if (!ask(CTL_SYSCTL_OIDFMT, v, answer, &size) || size < 5)
		return (false);
	memcpy(&v->kind, answer, sizeof(v->kind));
	snprintf(v->format, sizeof(v->format), "%s", answer + 4);
	return (true);
}

static unsigned
number_size(unsigned kind)
{
	switch (kind & CTLTYPE) {
	case CTLTYPE_INT:
	case CTLTYPE_UINT:
	case CTLTYPE_S32:
	case CTLTYPE_U32:
		return (4);
	case CTLTYPE_LONG:
	case CTLTYPE_ULONG:
	case CTLTYPE_S64:
	case CTLTYPE_U64:
		return (8);
	case CTLTYPE_S16:
	case CTLTYPE_U16:
		return (2);
	case CTLTYPE_S8:
	case CTLTYPE_U8:
		return (1);
	default:
		return (0);
	}
}

static bool
is_signed(unsigned kind)
{
	unsigned type = kind & CTLTYPE;

	return (type == CTLTYPE_INT || type == CTLTYPE_LONG ||
		type == CTLTYPE_S64 || type == CTLTYPE_S32 ||
		type == CTLTYPE_S16 || type == CTLTYPE_S8);
}

/* With points between thousands, for -h. */
static void
print_number(uint64_t n, bool negative)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%ju", (uintmax_t)n);

	if (negative)
		putchar('-');
	for (int i = 0; i < len; i++) {
		putchar(digits[i]);
		if (flags.group && i + 1 < len && (len - i - 1) % 3 == 0)
			putchar(',');
	}
}

static void
show_numbers(const struct variable *v, const char *value, size_t size)
{
	unsigned each = number_size(v->kind);

	for (size_t at = 0; at + each <= size; at += each) {
		uint64_t n = 0;
		unsigned unused = 64 - 8 * each;
		bool negative;

		memcpy(&n, value + at, each);
		if (at > 0)
			putchar(' ');
		if (v->format[0] != '\0' && strchr(v->format, 'X') != NULL) {
			printf("0x%jx", (uintmax_t)n);
			continue;
		}
		negative = is_signed(v->kind) && n >> (8 * each - 1) != 0;
		if (negative)
			n = -(uint64_t)((int64_t)(n << unused) >> unused);
		print_number(n, negative);
	}
}

/* Structures whose form people know. */
static bool
show_structure(const struct variable *v, const char *value, size_t size)
{
	if (strcmp(v->format, "S,timeval") == 0 &&
	    size == sizeof(struct timeval)) {
		struct timeval t;

		memcpy(&t, value, sizeof(t));
		printf("{ sec = %jd, usec = %ld } %.24s", (intmax_t)t.tv_sec,
		    (long)t.tv_usec, ctime(&t.tv_sec));
		return (true);
	}
	if (strcmp(v->format, "S,loadavg") == 0 && size == 24) {
		uint32_t load[3];
		long scale;

		memcpy(load, value, sizeof(load));
		memcpy(&scale, value + 16, sizeof(scale));
		if (scale == 0)
			return (false);
		printf("{ %.2f %.2f %.2f }", load[0] / (double)scale,
		    load[1] / (double)scale, load[2] / (double)scale);
		return (true);
	}
	if (strcmp(v->format, "S,clockinfo") == 0 && size == 20) {
		int c[5];

		memcpy(c, value, sizeof(c));
		printf("{ hz = %d, tick = %d, profhz = %d, stathz = %d }", c[0],
		    c[1], c[4], c[3]);
		return (true);
	}
	return (false);
}

static bool
can_show(const struct variable *v)
{
	unsigned type = v->kind & CTLTYPE;

	return (type == CTLTYPE_STRING || number_size(v->kind) != 0 ||
		(type == CTLTYPE_OPAQUE && v->format[0] == 'S' &&
		    (strcmp(v->format, "S,timeval") == 0 ||
			strcmp(v->format, "S,loadavg") == 0 ||
			strcmp(v->format, "S,clockinfo") == 0)));
}

/* The value, in memory of its own; NULL: errno. */
static char *
get_value(const struct variable *v, size_t *size)
{
	char *value = NULL, *more;
	int tries = 4;

	do {
		if (sysctl(v->oid, (unsigned)v->n, NULL, size, NULL, 0) != 0)
			break;
		*size += *size / 4 + 16;
		more = realloc(value, *size + 1);
		if (more == NULL)
			err(1, NULL);
		value = more;
		if (sysctl(v->oid, (unsigned)v->n, value, size, NULL, 0) == 0) {
			value[*size] = '\0';
			return (value);
		}
	} while (errno == ENOMEM && --tries > 0);
	free(value);
	return (NULL);
}

static void
show_name(const struct variable *v)
{
	if (!flags.no_names)
		printf("%s%s", v->name, flags.equals ? "=" : ": ");
}

static void
show_value(const struct variable *v, const char *value, size_t size)
{
	if ((v->kind & CTLTYPE) == CTLTYPE_STRING) {
		size_t n = strlen(value);

		/* A value that ends in a newline needs no other. */
		while (n > 0 && value[n - 1] == '\n')
			n--;
		printf("%.*s", (int)n, value);
	} else if (!show_structure(v, value, size))
		show_numbers(v, value, size);
}

/* Shows one; whether that was possible. */
static bool
show(const struct variable *v, bool asked)
{
	char *value, text[256] = "";
	size_t size = sizeof(text) - 1;

	if (flags.names) {
		puts(v->name);
		return (true);
	}
	if (flags.descriptions) {
		(void)ask(CTL_SYSCTL_OIDDESCR, v, text, &size);
		show_name(v);
		puts(text);
		return (true);
	}
	if (!can_show(v)) {
		if (asked && !flags.quiet)
			warnx("%s: its form isn't known here", v->name);
		return (!asked);
	}
	value = get_value(v, &size);
	if (value == NULL) {
		if (asked && !flags.quiet)
			warn("%s", v->name);
		return (!asked);
	}
	show_name(v);
	show_value(v, value, size);
	putchar('\n');
	free(value);
	return (true);
}

/* All variables below a node; n == 0: all there are. */
static bool
show_below(const struct variable *node)
{
	struct variable v = *node;
	size_t size;

	for (;;) {
		size = sizeof(v.oid);
		if (!ask(CTL_SYSCTL_NEXT, &v, v.oid, &size))
			return (true);
		v.n = size / sizeof(int);
		if (node->n > v.n ||
		    memcmp(v.oid, node->oid, node->n * sizeof(int)) != 0)
			return (true);
		if (describe(&v) && (v.kind & CTLTYPE) != CTLTYPE_NODE)
			(void)show(&v, false);
	}
}

/* A number as text becomes bytes of the variable's size. */
static size_t
parse_number(const struct variable *v, const char *text, void *value)
{
	unsigned size = number_size(v->kind);
	int64_t n;
	char *end;

	errno = 0;
	n = is_signed(v->kind) ? strtoll(text, &end, 0)
			       : (int64_t)strtoull(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0')
		return (0);
	memcpy(value, &n, size);
	return (size);
}

static bool
set(const struct variable *v, const char *text)
{
	const char *value = text;
	size_t size = strlen(text), old_size = 0;
	char *old = get_value(v, &old_size);
	uint64_t number;

	if (number_size(v->kind) != 0) {
		size = parse_number(v, text, &number);
		value = (const char *)&number;
		if (size == 0) {
			warnx("%s: '%s' is not a number", v->name, text);
			return (false);
		}
	} else if ((v->kind & CTLTYPE) != CTLTYPE_STRING) {
		warnx("%s: it is neither a number nor a text", v->name);
		return (false);
	}
	if (sysctl(v->oid, (unsigned)v->n, NULL, NULL, value, size) != 0) {
		warn("%s", v->name);
		return (false);
	}
	if (flags.quiet || old == NULL)
		return (true);
	show_name(v);
	show_value(v, old, old_size);
	free(old);
	printf(" -> ");
	old = get_value(v, &old_size);
	if (old != NULL)
		show_value(v, old, old_size);
	putchar('\n');
	free(old);
	return (true);
}

/* NAME or NAME=VALUE. */
static bool
one(char *name)
{
	char *value = strchr(name, '=');
	struct variable v = {.n = CTL_MAXNAME};

	if (value != NULL)
		*value++ = '\0';
	if (sysctlnametomib(name, v.oid, &v.n) != 0 || !describe(&v)) {
		if (flags.ignore)
			return (true);
		if (!flags.quiet)
			warnx("unknown oid '%s'", name);
		return (false);
	}
	if (value != NULL)
		return (set(&v, value));
	if ((v.kind & CTLTYPE) == CTLTYPE_NODE && v.format[0] == 'N')
		return (show_below(&v));
	return (show(&v, true));
}

int
main(int argc, char **argv)
{
	static const struct variable everything;
	bool good = true;
	int c;

	while ((c = getopt(argc, argv, "adehiNnq")) != -1) {
		if (c == '?')
			argc = 0;
		flags.all |= c == 'a';
		flags.descriptions |= c == 'd';
		flags.equals |= c == 'e';
		flags.group |= c == 'h';
		flags.ignore |= c == 'i';
		flags.names |= c == 'N';
		flags.no_names |= c == 'n';
		flags.quiet |= c == 'q';
	}
	if (flags.all != (optind == argc) || argc == 0) {
		fprintf(stderr, "usage: sysctl [-dehiNnq] name[=value] ...\n"
				"       sysctl [-dehNnq] -a\n");
		return (1);
	}
	if (flags.all)
		return (show_below(&everything) ? 0 : 1);
	for (; optind < argc; optind++)
		good &= one(argv[optind]);
	return (good ? 0 : 1);
}
