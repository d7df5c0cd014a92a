/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * passwd: changes a password in /etc/master.passwd.  pwd_mkdb: makes
 * /etc/passwd, which all may read, from it; passwd does that, too.
 *
 * A file is written anew beside the old one and takes its name, so that there
 * is always a whole one; that it can't be there twice keeps a second passwd
 * out.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../login/master.h"

#define NEW_MASTER "/etc/master.passwd.new"
#define PASSWD	   "/etc/passwd"
#define NEW_PASSWD "/etc/passwd.new"
#define SALT_SIZE  16

static const char *unfinished; /* a file that isn't complete yet */

static void
clean_up(void)
{
	if (unfinished != NULL)
		(void)unlink(unfinished);
}

static FILE *
begin(const char *name, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);
	FILE *fp;

	if (fd < 0 && errno == EEXIST)
		errx(1, "%s is there: somebody else is changing passwords",
		    name);
	if (fd < 0)
		err(1, "%s", name);
	unfinished = name;
	(void)fchmod(fd, mode);
	fp = fdopen(fd, "w");
	if (fp == NULL)
		err(1, "%s", name);
	return (fp);
}

/* It is complete, on the disk too, and becomes the file. */
static void
finish(FILE *fp, const char *name, const char *to)
{
	if (fflush(fp) != 0 || fsync(fileno(fp)) != 0 || fclose(fp) != 0 ||
	    rename(name, to) != 0)
		err(1, "%s", to);
	unfinished = NULL;
}

static FILE *
open_master(void)
{
	FILE *fp = fopen(MASTER_PASSWD, "re");

	if (fp == NULL)
		err(1, MASTER_PASSWD);
	return (fp);
}

/* Without passwords, and the three fields that only the other file has. */
static void
make_passwd(void)
{
	FILE *from = open_master(), *to = begin(NEW_PASSWD, 0644);
	char line[sizeof(((struct master *)NULL)->line)];
	char *field[MASTER_FIELDS], *rest;
	int n;

	while (fgets(line, sizeof(line), from) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		for (n = 0; n < MASTER_FIELDS; n++)
			if ((field[n] = strsep(&rest, ":")) == NULL)
				break;
		if (n == MASTER_FIELDS && field[0][0] != '#')
			fprintf(to, "%s:*:%s:%s:%s:%s:%s\n", field[0], field[2],
			    field[3], field[7], field[8], field[9]);
	}
	fclose(from);
	finish(to, NEW_PASSWD, PASSWD);
}

/* The same file, with another second field in one line. */
static void
replace(const char *name, const char *hash)
{
	FILE *from = open_master(), *to = begin(NEW_MASTER, 0600);
	char line[sizeof(((struct master *)NULL)->line)];
	const size_t n = strlen(name);
	char *rest;

	while (fgets(line, sizeof(line), from) != NULL) {
		rest = strncmp(line, name, n) == 0 && line[n] == ':'
			   ? strchr(line + n + 1, ':')
			   : NULL;
		if (rest != NULL)
			fprintf(to, "%s:%s%s", name, hash, rest);
		else
			fputs(line, to);
	}
	fclose(from);
	finish(to, NEW_MASTER, MASTER_PASSWD);
}

static const char *
make_hash(const char *password)
{
	static const char letters[] =
	    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char random[SALT_SIZE];
	char setting[SALT_SIZE + 8] = "$6$";
	const char *hash;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		err(1, "random numbers");
	for (int i = 0; i < SALT_SIZE; i++)
		setting[3 + i] = letters[random[i] % 64];
	setting[3 + SALT_SIZE] = '$';
	hash = crypt(password, setting);
	if (hash == NULL || hash[0] == '*')
		errx(1, "the password can't be used");
	return (hash);
}

/* Twice, the same. */
static const char *
ask_new(void)
{
	static char first[256];
	const char *typed = getpass("New Password:");

	if (typed == NULL || typed[0] == '\0')
		errx(1, "the password is unchanged");
	snprintf(first, sizeof(first), "%s", typed);
	typed = getpass("Retype New Password:");
	if (typed == NULL || strcmp(first, typed) != 0)
		errx(1, "they are not the same; the password is unchanged");
	return (first);
}

/* Whose: one's own, which one has to know, or for root anybody's. */
static void
change(const char *name)
{
	const uid_t me = getuid();
	struct master user;
	const char *typed;

	if (!master_find(&user, name))
		errx(1, "%s: no such user", name);
	if (me != 0 && user.uid != me)
		errx(1, "%s: permission denied", name);
	printf("Changing the password of %s\n", name);
	fflush(stdout);
	if (me != 0 && user.password[0] != '\0') {
		typed = getpass("Old Password:");
		if (typed == NULL || !master_check(&user, typed))
			errx(1, "sorry");
	}
	replace(name, make_hash(ask_new()));
	make_passwd();
}

/* What interrupts must not leave half a file. */
static void
hold_signals(void)
{
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTSTP, SIG_IGN);
	(void)umask(077);
	(void)atexit(clean_up);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *program = slash != NULL ? slash + 1 : argv[0];
	struct passwd *pw;

	if (geteuid() != 0)
		errx(1, "only root can change " MASTER_PASSWD);
	hold_signals();
	if (strcmp(program, "pwd_mkdb") == 0) {
		if (argc != 1 || getuid() != 0)
			errx(1, "usage: pwd_mkdb (as root)");
		make_passwd();
		return (0);
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		errx(1, "usage: passwd [user]");
	pw = argc == 1 ? getpwuid(getuid()) : NULL;
	if (argc == 1 && pw == NULL)
		errx(1, "who are you?");
	change(argc == 2 ? argv[1] : pw->pw_name);
	return (0);
}
