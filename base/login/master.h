/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MASTER_H
#define MASTER_H

/*
 * An account by /etc/master.passwd, which only root can read:
 * name:password:uid:gid:class:change:expire:gecos:home:shell
 */

#include <crypt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define MASTER_PASSWD "/etc/master.passwd"
#define MASTER_FIELDS 10

struct master {
	char line[1024]; /* what the strings are in */
	const char *name;
	const char *password; /* a hash, "*" or so for none, "" for anything */
	uid_t uid;
	gid_t gid;
	long expire; /* since the Epoch; 0: never */
	const char *home, *shell;
};

static inline bool
master_parse(struct master *m)
{
	char *field[MASTER_FIELDS], *rest = m->line;
	int n = 0;

	m->line[strcspn(m->line, "\n")] = '\0';
	while (n < MASTER_FIELDS && (field[n] = strsep(&rest, ":")) != NULL)
		n++;
	if (n != MASTER_FIELDS || field[0][0] == '#')
		return (false);
	m->name = field[0];
	m->password = field[1];
	m->uid = (uid_t)strtoul(field[2], NULL, 10);
	m->gid = (gid_t)strtoul(field[3], NULL, 10);
	m->expire = strtol(field[6], NULL, 10);
	m->home = field[8];
	m->shell = field[9][0] != '\0' ? field[9] : "/bin/sh";
	return (true);
}

static inline bool
master_find(struct master *m, const char *name)
{
	FILE *fp = fopen(MASTER_PASSWD, "re");
	bool found = false;

	if (fp == NULL)
		return (false);
	while (!found && fgets(m->line, sizeof(m->line), fp) != NULL)
		found = master_parse(m) && strcmp(m->name, name) == 0;
	fclose(fp);
	return (found);
}

/* Is that the password? An empty field's is anything. */
static inline bool
master_check(const struct master *m, const char *typed)
{
	const char *hash;

	if (m->password[0] == '\0')
		return (true);
	hash = crypt(typed, m->password);
	return (
	    hash != NULL && hash[0] != '*' && strcmp(hash, m->password) == 0);
}

#endif
