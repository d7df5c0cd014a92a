/* SPDX-License-Identifier: BSD-2-Clause */

/* kenv: the kernel's environment. */

#include <err.h>
#include <kenv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool quiet, names_only;

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: kenv [-Nq]\n"
			"       kenv [-qv] variable[=value]\n"
			"       kenv [-q] -u variable\n");
	exit(1);
}

static int
refused(const char *name)
{
	if (!quiet)
		warn("%s", name);
	return (1);
}

/* They come as one string after another, the last empty. */
static int
show_all(void)
{
	int size = kenv(KENV_DUMP, NULL, NULL, 0);
	char *list = size > 0 ? calloc(1, (size_t)size + 1) : NULL;

	if (list == NULL || kenv(KENV_DUMP, NULL, list, size) < 0)
		return (refused("the environment"));
	for (char *s = list; *s != '\0'; s += strlen(s) + 1) {
		size_t n = strcspn(s, "=");

		if (names_only || s[n] == '\0')
			printf("%.*s\n", (int)n, s);
		else
			printf("%.*s=\"%s\"\n", (int)n, s, s + n + 1);
	}
	return (0);
}

static int
show_one(const char *name, bool with_name)
{
	char value[KENV_MVALLEN + 1] = "";

	if (kenv(KENV_GET, name, value, sizeof(value)) < 0)
		return (refused(name));
	if (with_name)
		printf("%s=\"%s\"\n", name, value);
	else
		puts(value);
	return (0);
}

static int
set(char *name, char *value)
{
	size_t n = strlen(value);

	/* kenv name="a value" may keep its quotes, from a script. */
	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		value++;
	}
	if (kenv(KENV_SET, name, value, (int)strlen(value) + 1) < 0)
		return (refused(name));
	return (0);
}

int
main(int argc, char **argv)
{
	bool unset = false, verbose = false;
	char *value;
	int c;

	while ((c = getopt(argc, argv, "Nquv")) != -1) {
		if (c == '?')
			usage();
		quiet |= c == 'q';
		names_only |= c == 'N';
		unset |= c == 'u';
		verbose |= c == 'v';
	}
	argc -= optind;
	argv += optind;
	if (argc > 1 || (unset && argc == 0) || (names_only && argc > 0))
		usage();
	if (argc == 0)
		return (show_all());
	value = strchr(argv[0], '=');
	if (unset) {
		if (kenv(KENV_UNSET, argv[0], NULL, 0) < 0)
			return (refused(argv[0]));
		return (0);
	}
	if (value == NULL)
		return (show_one(argv[0], verbose));
	*value++ = '\0';
	return (set(argv[0], value));
}
