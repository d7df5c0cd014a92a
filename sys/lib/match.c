/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/match.h"

/* A character of a class, *p behind it. */
static unsigned char
class_char(const char **p)
{
	if (**p == '\\' && (*p)[1] != '\0')
		(*p)++;
	return ((unsigned char)*(*p)++);
}

/*
 * A class, with *p behind the bracket: is c in it?  *p is behind the class
 * then.  One that has no end is a bracket that stands for itself.
 */
static bool
class_matches(const char **p, unsigned char c)
{
	const char *s = *p;
	bool negated = *s == '!' || *s == '^', in = false, first = true;
	unsigned char low, high;

	if (negated)
		s++;
	for (; *s != '\0' && (*s != ']' || first); first = false) {
		low = high = class_char(&s);
		if (*s == '-' && s[1] != ']' && s[1] != '\0') {
			s++;
			high = class_char(&s);
		}
		if (c >= low && c <= high)
			in = true;
	}
	if (*s == '\0')
		return (c == '[');
	*p = s + 1;
	return (c != '/' && in != negated);
}

/* One character of the path by what begins at *p, which is moved behind it. */
static bool
one_matches(const char **p, char c)
{
	const char want = *(*p)++;

	switch (want) {
	case '?':
		return (c != '/');
	case '[':
		return (class_matches(p, (unsigned char)c));
	case '\\':
		if (**p != '\0')
			return (*(*p)++ == c);
		return (c == '\\');
	default:
		return (want == c);
	}
}

/* Where something doesn't match, the last star takes one more: what those
 * before it took needn't change, since it could take what they would leave. */
bool
path_matches(const char *pattern, const char *path)
{
	const char *star = NULL, *taken = NULL;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			taken = path;
			continue;
		}
		if (*path == '\0' && *pattern == '\0')
			return (true);
		if (*path != '\0' && *pattern != '\0' &&
		    one_matches(&pattern, *path)) {
			path++;
			continue;
		}
		if (star == NULL || *taken == '\0' || *taken == '/')
			return (false);
		pattern = star;
		path = ++taken;
	}
}
