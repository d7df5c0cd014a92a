/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_MATCH_H
#define LIB_MATCH_H

#include "lib/types.h"

/*
 * Does a pattern of the shell's match all of a path?  Neither "*", "?" nor
 * "[...]" match a slash, as with FNM_PATHNAME of fnmatch(3); a backslash takes
 * a character's meaning away.  Takes no longer than the product of the lengths.
 */
bool path_matches(const char *pattern, const char *path);

#endif
