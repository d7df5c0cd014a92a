/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What FreeBSD's headers make of C's names, and functions that only FreeBSD
 * has, for programs that were built there.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "syscall.h"

/* <errno.h> */
int *
__error(void)
{
	return (__errno_location());
}

/* <stdio.h>: the streams are pointers.  Functions like getc() look into a
 * stream themselves, unless there are threads. */
FILE *__stdinp, *__stdoutp, *__stderrp;
int __isthreaded = 1;

int
__srget(FILE *f)
{
	return (getc(f));
}

int
__swbuf(int c, FILE *f)
{
	return (putc(c, f));
}

/* <ctype.h>: tables of what a character is, and of its other case. */
#define CTYPE_A 0x00000100ul /* alpha */
#define CTYPE_C 0x00000200ul /* cntrl */
#define CTYPE_D 0x00000400ul /* digit */
#define CTYPE_G 0x00000800ul /* graph */
#define CTYPE_L 0x00001000ul /* lower */
#define CTYPE_P 0x00002000ul /* punct */
#define CTYPE_S 0x00004000ul /* space */
#define CTYPE_U 0x00008000ul /* upper */
#define CTYPE_X 0x00010000ul /* xdigit */
#define CTYPE_B 0x00020000ul /* blank */
#define CTYPE_R 0x00040000ul /* print */
#define CTYPE_N 0x00400000ul /* a number */

struct rune_range {
	int count;
	void *ranges;
};

struct rune_locale {
	char magic[8];
	char encoding[32];
	void *get, *put;
	int invalid;
	unsigned long types[256];
	int lower[256], upper[256];
	struct rune_range more_types, more_lower, more_upper;
	void *variable;
	int variable_size;
};

struct rune_locale _DefaultRuneLocale = {"RuneMag1", "NONE"};
const struct rune_locale *_CurrentRuneLocale = &_DefaultRuneLocale;
/* Characters from here on aren't in the tables. */
int __mb_sb_limit = 128;

static unsigned long
type_of(int c)
{
	static const struct {
		int (*is)(int);
		unsigned long type;
	} types[] = {{isalpha, CTYPE_A}, {iscntrl, CTYPE_C},
	    {isdigit, CTYPE_D | CTYPE_N}, {isgraph, CTYPE_G},
	    {islower, CTYPE_L}, {ispunct, CTYPE_P}, {isspace, CTYPE_S},
	    {isupper, CTYPE_U}, {isxdigit, CTYPE_X}, {isblank, CTYPE_B},
	    {isprint, CTYPE_R}};
	unsigned long type = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].is(c))
			type |= types[i].type;
	/* A digit's value is in its type. */
	if (isdigit(c))
		type |= c - '0';
	else if (isxdigit(c))
		type |= (c | 0x20) - 'a' + 10;
	return (type);
}

const struct rune_locale *
__runes_for_locale(void *locale, int *limit)
{
	*limit = __mb_sb_limit;
	return (&_DefaultRuneLocale);
}

unsigned long
___runetype(int c)
{
	return (c >= 0 && c < 256 ? _DefaultRuneLocale.types[c] : 0);
}

int
___tolower(int c)
{
	return (tolower(c));
}

int
___toupper(int c)
{
	return (toupper(c));
}

/* Before the program's first instruction. */
hidden void
__names_init(void)
{
	__stdinp = stdin;
	__stdoutp = stdout;
	__stderrp = stderr;
	for (int c = 0; c < 256; c++) {
		_DefaultRuneLocale.types[c] = type_of(c);
		_DefaultRuneLocale.lower[c] = tolower(c);
		_DefaultRuneLocale.upper[c] = toupper(c);
	}
}

/* <stdlib.h> */
void
arc4random_buf(void *buf, size_t size)
{
	while (size > 0) {
		size_t n = size < 256 ? size : 256;

		/* That much at a time doesn't fail. */
		if (getrandom(buf, n, 0) != (ssize_t)n)
			abort();
		buf = (char *)buf + n;
		size -= n;
	}
}

unsigned
arc4random(void)
{
	unsigned n;

	arc4random_buf(&n, sizeof(n));
	return (n);
}

unsigned
arc4random_uniform(unsigned bound)
{
	unsigned n;

	if (bound < 2)
		return (0);
	/* The first 2^32 % bound numbers would come up too often. */
	do
		n = arc4random();
	while (n < -bound % bound);
	return (n % bound);
}

const char *
getprogname(void)
{
	extern char *__progname;

	return (__progname);
}

void
setprogname(const char *name)
{
	extern char *__progname;
	const char *slash = strrchr(name, '/');

	__progname = (char *)(slash != NULL ? slash + 1 : name);
}

/* <pthread_np.h> */
int
pthread_getthreadid_np(void)
{
	return ((int)__syscall(SYS_gettid));
}

void
pthread_set_name_np(pthread_t td, const char *name)
{
	pthread_setname_np(td, name);
}

/* System calls that musl has no use for. */
int
_umtx_op(void *object, int op, unsigned long value, void *a, void *b)
{
	return (syscall(SYS__umtx_op, object, op, value, a, b));
}

int
cpuset_getaffinity(int level, int which, long id, size_t size, void *set)
{
	return (syscall(SYS_cpuset_getaffinity, level, which, id, size, set));
}

int
cpuset_setaffinity(int level, int which, long id, size_t size, const void *set)
{
	return (syscall(SYS_cpuset_setaffinity, level, which, id, size, set));
}
