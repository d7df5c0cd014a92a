/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>

#include "pwf.h"

/* The next field of a line; NULL: there is none. */
static char *
field(char **line)
{
	return (strsep(line, ":"));
}

static bool
number(char **line, unsigned *n)
{
	char *text = field(line), *end;

	if (text == NULL || *text < '0' || *text > '9')
		return (false);
	*n = (unsigned)strtoul(text, &end, 10);
	return (*end == '\0');
}

static bool
parse(char *line, struct passwd *pw)
{
	static char none[] = "";

	memset(pw, 0, sizeof(*pw));
	pw->pw_class = none;
	return ((pw->pw_name = field(&line)) != NULL &&
		(pw->pw_passwd = field(&line)) != NULL &&
		number(&line, &pw->pw_uid) && number(&line, &pw->pw_gid) &&
		(pw->pw_gecos = field(&line)) != NULL &&
		(pw->pw_dir = field(&line)) != NULL &&
		(pw->pw_shell = line) != NULL);
}

/* The next good line of a passwd(5) file; the strings are in *line. */
int
__getpwent_a(
    FILE *f, struct passwd *pw, char **line, size_t *size, struct passwd **res)
{
	int error = 0, state;
	ssize_t n;

	*res = NULL;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (*res == NULL && (n = getline(line, size, f)) >= 0) {
		if (n > 0 && (*line)[n - 1] == '\n')
			(*line)[n - 1] = '\0';
		if (parse(*line, pw))
			*res = pw;
	}
	if (*res == NULL) {
		error = ferror(f) ? errno : 0;
		free(*line);
		*line = NULL;
	}
	pthread_setcancelstate(state, NULL);
	if (error != 0)
		errno = error;
	return (error);
}
