/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef USER_H
#define USER_H

#include <stdio.h>

#include "imp.h"

struct user {
	unsigned uid, gid;
	const char *name, *home;
};

/*
 * The user by name, or by number: one that passwd doesn't have is in the group
 * of the same number, and at home in "/".  A name that isn't there ends the
 * command.
 */
void user_find(struct user *user, const char *wanted, FILE *passwd);

#endif
