/* SPDX-License-Identifier: BSD-2-Clause */

/* Strings made by formatting, and lists of them; memory is never short. */

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imp.h"

static char *
vformat(const char *fmt, va_list args)
{
	char *string;

	if (vasprintf(&string, fmt, args) < 0)
		err(EXIT_IMP, "memory");
	return (string);
}

char *
format(const char *fmt, ...)
{
	va_list args;
	char *string;

	va_start(args, fmt);
	string = vformat(fmt, args);
	va_end(args);
	return (string);
}

static void
append(struct strings *list, char *string)
{
	list->items =
	    realloc(list->items, (list->count + 2) * sizeof(list->items[0]));
	if (list->items == NULL || string == NULL)
		err(EXIT_IMP, "memory");
	list->items[list->count++] = string;
	list->items[list->count] = NULL;
}

void
strings_add(struct strings *list, const char *string)
{
	append(list, strdup(string));
}

void
strings_addf(struct strings *list, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(list, vformat(fmt, args));
	va_end(args);
}
