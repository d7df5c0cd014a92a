/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions whose arguments FreeBSD numbers in another way than musl.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "abi.h"
#include "syscall.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* <dlfcn.h> */
#define FREEBSD_DEFAULT ((void *)-2)
#define FREEBSD_SELF	((void *)-3)

hidden void *__dlsym(void *restrict, const char *restrict, void *restrict);

void *
dlsym(void *handle, const char *name)
{
	if (handle == FREEBSD_DEFAULT || handle == FREEBSD_SELF)
		handle = RTLD_DEFAULT;
	return (__dlsym(handle, name, __builtin_return_address(0)));
}

/* <locale.h>: musl's categories in FreeBSD's order, whose first is all. */
static const int categories[] = {LC_ALL, LC_COLLATE, LC_CTYPE, LC_MONETARY,
    LC_NUMERIC, LC_TIME, LC_MESSAGES};

MUSL(setlocale);

char *
setlocale(int category, const char *name)
{
	if (category < 0 || category >= (int)COUNT(categories))
		return (NULL);
	return (musl_setlocale(categories[category], name));
}

MUSL(newlocale);

locale_t
newlocale(int mask, const char *name, locale_t base)
{
	int musl = 0;

	for (size_t i = 1; i < COUNT(categories); i++)
		if (mask & 1 << (i - 1))
			musl |= 1 << categories[i];
	return (musl_newlocale(musl, name, base));
}

/* <langinfo.h>: musl has nothing but "" for items of such a category. */
#define NO_ITEM 0x7f0000

static nl_item
musl_item(nl_item item)
{
	static const nl_item first[] = {
	    CODESET, D_T_FMT, D_FMT, T_FMT, T_FMT_AMPM, AM_STR, PM_STR};
	static const struct {
		int freebsd, count;
		nl_item musl;
	} rows[] = {{7, 7, DAY_1}, {14, 7, ABDAY_1}, {21, 12, MON_1},
	    {33, 12, ABMON_1}, {45, 1, ERA}, {46, 1, ERA_D_FMT},
	    {47, 1, ERA_D_T_FMT}, {48, 1, ERA_T_FMT}, {49, 1, ALT_DIGITS},
	    {50, 1, RADIXCHAR}, {51, 1, THOUSEP}, {52, 1, YESEXPR},
	    {53, 1, NOEXPR}, {54, 1, YESSTR}, {55, 1, NOSTR}, {56, 1, CRNCYSTR},
	    {58, 12, MON_1}};

	if (item >= 0 && item < (int)COUNT(first))
		return (first[item]);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (item >= rows[i].freebsd &&
		    item < rows[i].freebsd + rows[i].count)
			return (rows[i].musl + (item - rows[i].freebsd));
	return (NO_ITEM);
}

MUSL(nl_langinfo);
MUSL(nl_langinfo_l);

char *
nl_langinfo(nl_item item)
{
	return (musl_nl_langinfo(musl_item(item)));
}

char *
nl_langinfo_l(nl_item item, locale_t locale)
{
	return (musl_nl_langinfo_l(musl_item(item), locale));
}

/* <unistd.h> */
MUSL(sysconf);

long
sysconf(int name)
{
	static const short names[] = {
	    [1] = _SC_ARG_MAX,
	    [2] = _SC_CHILD_MAX,
	    [3] = _SC_CLK_TCK,
	    [4] = _SC_NGROUPS_MAX,
	    [5] = _SC_OPEN_MAX,
	    [6] = _SC_JOB_CONTROL,
	    [7] = _SC_SAVED_IDS,
	    [8] = _SC_VERSION,
	    [9] = _SC_BC_BASE_MAX,
	    [10] = _SC_BC_DIM_MAX,
	    [11] = _SC_BC_SCALE_MAX,
	    [12] = _SC_BC_STRING_MAX,
	    [13] = _SC_COLL_WEIGHTS_MAX,
	    [14] = _SC_EXPR_NEST_MAX,
	    [15] = _SC_LINE_MAX,
	    [16] = _SC_RE_DUP_MAX,
	    [17] = _SC_2_VERSION,
	    [26] = _SC_STREAM_MAX,
	    [27] = _SC_TZNAME_MAX,
	    [29] = _SC_MAPPED_FILES,
	    [38] = _SC_FSYNC,
	    [47] = _SC_PAGE_SIZE,
	    [48] = _SC_RTSIG_MAX,
	    [52] = _SC_TIMER_MAX,
	    [56] = _SC_IOV_MAX,
	    [57] = _SC_NPROCESSORS_CONF,
	    [58] = _SC_NPROCESSORS_ONLN,
	    [66] = _SC_BARRIERS,
	    [70] = _SC_GETGR_R_SIZE_MAX,
	    [71] = _SC_GETPW_R_SIZE_MAX,
	    [72] = _SC_HOST_NAME_MAX,
	    [73] = _SC_LOGIN_NAME_MAX,
	    [74] = _SC_MONOTONIC_CLOCK,
	    [76] = _SC_READER_WRITER_LOCKS,
	    [77] = _SC_REGEXP,
	    [78] = _SC_SHELL,
	    [79] = _SC_SPAWN,
	    [80] = _SC_SPIN_LOCKS,
	    [85] = _SC_THREAD_DESTRUCTOR_ITERATIONS,
	    [86] = _SC_THREAD_KEYS_MAX,
	    [91] = _SC_THREAD_SAFE_FUNCTIONS,
	    [93] = _SC_THREAD_STACK_MIN,
	    [94] = _SC_THREAD_THREADS_MAX,
	    [96] = _SC_THREADS,
	    [101] = _SC_TTY_NAME_MAX,
	    [120] = _SC_SYMLOOP_MAX,
	    [121] = _SC_PHYS_PAGES,
	};

	if (name < 1 || name >= (int)COUNT(names) ||
	    (names[name] == 0 && name != 1)) {
		errno = EINVAL;
		return (-1);
	}
	return (musl_sysconf(names[name]));
}

#define FREEBSD_CS_PATH 1

MUSL(confstr);

size_t
confstr(int name, char *buf, size_t size)
{
	return (
	    musl_confstr(name == FREEBSD_CS_PATH ? _CS_PATH : -1, buf, size));
}

/* The kernel knows. */
long
pathconf(const char *path, int name)
{
	return (syscall(SYS_pathconf, path, name));
}

long
fpathconf(int fd, int name)
{
	return (syscall(SYS_fpathconf, fd, name));
}

/* <sys/utsname.h>: the size of a member, which has been the same for long. */
int
__xuname(int size, void *buf)
{
	if (size != sizeof(((struct utsname *)buf)->sysname)) {
		errno = EINVAL;
		return (-1);
	}
	return (uname(buf));
}

/* <netdb.h>: two members of the result change places. */
static const struct {
	int freebsd, musl;
} flags[] = {{0x1, AI_PASSIVE}, {0x2, AI_CANONNAME}, {0x4, AI_NUMERICHOST},
    {0x8, AI_NUMERICSERV}, {0x100, AI_ALL}, {0x400, AI_ADDRCONFIG},
    {0x800, AI_V4MAPPED}},
  errors[] = {{2, EAI_AGAIN}, {3, EAI_BADFLAGS}, {4, EAI_FAIL}, {5, EAI_FAMILY},
      {6, EAI_MEMORY}, {8, EAI_NONAME}, {9, EAI_SERVICE}, {10, EAI_SOCKTYPE},
      {11, EAI_SYSTEM}, {14, EAI_OVERFLOW}};

static int
freebsd_error(int error)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].musl == error)
			return (errors[i].freebsd);
	return (error == 0 ? 0 : 4);
}

MUSL(getaddrinfo);

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **result)
{
	struct addrinfo musl = {0}, *ai;
	void *name;
	int error;

	if (hints != NULL) {
		musl.ai_family = hints->ai_family;
		musl.ai_socktype = hints->ai_socktype;
		musl.ai_protocol = hints->ai_protocol;
		for (size_t i = 0; i < COUNT(flags); i++)
			if (hints->ai_flags & flags[i].freebsd)
				musl.ai_flags |= flags[i].musl;
	}
	error = musl_getaddrinfo(
	    host, service, hints != NULL ? &musl : NULL, result);
	if (error != 0)
		return (freebsd_error(error));
	for (ai = *result; ai != NULL; ai = ai->ai_next) {
		name = ai->ai_canonname;
		ai->ai_canonname = (void *)ai->ai_addr;
		ai->ai_addr = name;
	}
	return (0);
}

MUSL(gai_strerror);

const char *
gai_strerror(int error)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].freebsd == error)
			return (musl_gai_strerror(errors[i].musl));
	return (musl_gai_strerror(error == 0 ? 0 : EAI_FAIL));
}
