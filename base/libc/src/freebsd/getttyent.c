/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /etc/ttys: a line names a terminal, a command, the terminal's type, and
 * words that say whether it is on and what may be done there.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysctl.h>
#include <ttyent.h>
#include <unistd.h>

static FILE *ttys;
static char line[1024];
static struct ttyent entry;

/* The next word at *p, which may be quoted; NULL at the line's end. */
static char *
next_word(char **p)
{
	char *s = *p + strspn(*p, " \t"), *start = s, end = 0;

	if (*s == '\0' || *s == '#') {
		*p = s;
		return (NULL);
	}
	if (*s == '"') {
		end = '"';
		start = ++s;
	}
	while (*s != '\0' && (end != 0 ? *s != end : *s != ' ' && *s != '\t'))
		s++;
	if (*s != '\0')
		*s++ = '\0';
	*p = s;
	return (start);
}

/* Is it one of those that kern.console lists first, as in use? */
static bool
is_console(const char *name)
{
	char list[256], *word, *rest = list;
	size_t size = sizeof(list) - 1;

	if (sysctlbyname("kern.console", list, &size, NULL, 0) != 0)
		return (false);
	list[size] = '\0';
	list[strcspn(list, "/")] = '\0';
	while ((word = strsep(&rest, ",")) != NULL)
		if (strcmp(word, name) == 0)
			return (true);
	return (false);
}

static bool
exists(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	return (access(path, F_OK) == 0);
}

static void
take_flag(const char *word)
{
	if (strcmp(word, "on") == 0)
		entry.ty_status |= TTY_ON;
	else if (strcmp(word, "off") == 0)
		entry.ty_status &= ~TTY_ON;
	else if (strcmp(word, "onifconsole") == 0)
		entry.ty_status |= is_console(entry.ty_name) ? TTY_ON : 0;
	else if (strcmp(word, "onifexists") == 0)
		entry.ty_status |= exists(entry.ty_name) ? TTY_ON : 0;
	else if (strcmp(word, "secure") == 0)
		entry.ty_status |= TTY_SECURE;
	else if (strcmp(word, "insecure") == 0)
		entry.ty_status &= ~TTY_SECURE;
}

static void
parse(char *p)
{
	char *word;

	entry.ty_getty = next_word(&p);
	entry.ty_type = entry.ty_getty != NULL ? next_word(&p) : NULL;
	while (entry.ty_type != NULL && (word = next_word(&p)) != NULL) {
		if (strncmp(word, "window=", 7) == 0)
			entry.ty_window = word + 7;
		else if (strncmp(word, "group=", 6) == 0)
			entry.ty_group = word + 6;
		else
			take_flag(word);
	}
	if (*p == '#')
		entry.ty_comment = p + 1;
}

struct ttyent *
getttyent(void)
{
	char *p, *name;

	if (ttys == NULL && !setttyent())
		return (NULL);
	while (fgets(line, sizeof(line), ttys) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		p = line;
		name = next_word(&p);
		if (name == NULL)
			continue;
		memset(&entry, 0, sizeof(entry));
		entry.ty_name = name;
		parse(p);
		return (&entry);
	}
	return (NULL);
}

struct ttyent *
getttynam(const char *name)
{
	struct ttyent *t;

	setttyent();
	while ((t = getttyent()) != NULL && strcmp(t->ty_name, name) != 0)
		continue;
	endttyent();
	return (t);
}

int
setttyent(void)
{
	if (ttys != NULL) {
		rewind(ttys);
		return (1);
	}
	ttys = fopen(_PATH_TTYS, "re");
	return (ttys != NULL);
}

int
endttyent(void)
{
	FILE *fp = ttys;

	ttys = NULL;
	return (fp == NULL || fclose(fp) == 0);
}
