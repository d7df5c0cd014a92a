/* SPDX-License-Identifier: BSD-2-Clause */

/* imp run -u: who the program runs as, by the guest's own passwd(5). */

#include <err.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "user.h"

/* Is this the text of a number that an id can be?  -1 is none. */
static bool
is_id(const char *text, unsigned *id)
{
	unsigned long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return (false);
	errno = 0;
	value = strtoul(text, &end, 10);
	*id = (unsigned)value;
	return (*end == '\0' && errno == 0 && value < UINT32_MAX);
}

void
user_find(struct user *user, const char *wanted, FILE *passwd)
{
	struct passwd *pw;
	unsigned id = 0;
	bool number = is_id(wanted, &id);

	while ((pw = fgetpwent(passwd)) != NULL) {
		if (number ? pw->pw_uid != id
			   : strcmp(pw->pw_name, wanted) != 0)
			continue;
		*user = (struct user){.uid = pw->pw_uid,
		    .gid = pw->pw_gid,
		    .name = format("%s", pw->pw_name),
		    .home = format("%s", pw->pw_dir)};
		return;
	}
	if (!number)
		errx(EXIT_IMP,
		    "-u %s: no such user in the machine's /etc/passwd", wanted);
	*user = (struct user){
	    .uid = id, .gid = id, .name = format("%u", id), .home = "/"};
}
