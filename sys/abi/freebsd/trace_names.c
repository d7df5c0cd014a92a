/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for what --trace shows. */
#include "abi/freebsd/trace_names.h"
#include "fbsd/fcntl.h"
#include "fbsd/mman.h"
#include "fbsd/signal.h"

#define NAME(n)                                                                \
	{                                                                      \
		(uint32_t)(n), #n                                              \
	}
#define END                                                                    \
	{                                                                      \
		0, NULL                                                        \
	}

static const struct trace_name open_flags[] = {NAME(O_RDONLY), NAME(O_WRONLY),
    NAME(O_RDWR), NAME(O_EXEC), NAME(O_NONBLOCK), NAME(O_APPEND),
    NAME(O_SHLOCK), NAME(O_EXLOCK), NAME(O_ASYNC), NAME(O_SYNC),
    NAME(O_NOFOLLOW), NAME(O_CREAT), NAME(O_TRUNC), NAME(O_EXCL),
    NAME(O_NOCTTY), NAME(O_DIRECT), NAME(O_DIRECTORY), NAME(O_TTY_INIT),
    NAME(O_CLOEXEC), NAME(O_VERIFY), NAME(O_PATH), NAME(O_RESOLVE_BENEATH),
    NAME(O_DSYNC), NAME(O_EMPTY_PATH), NAME(O_NAMEDATTR), NAME(O_CLOFORK), END};

static const struct trace_name protections[] = {
    NAME(PROT_NONE), NAME(PROT_READ), NAME(PROT_WRITE), NAME(PROT_EXEC), END};

static const struct trace_name mapping_flags[] = {NAME(MAP_SHARED),
    NAME(MAP_PRIVATE), NAME(MAP_FIXED), NAME(MAP_HASSEMAPHORE), NAME(MAP_STACK),
    NAME(MAP_NOSYNC), NAME(MAP_ANON), NAME(MAP_GUARD), NAME(MAP_EXCL),
    NAME(MAP_NOCORE), NAME(MAP_PREFAULT_READ), NAME(MAP_32BIT), END};

static const struct trace_name places[] = {NAME(SEEK_SET), NAME(SEEK_CUR),
    NAME(SEEK_END), NAME(SEEK_DATA), NAME(SEEK_HOLE), END};

static const struct trace_name mask_changes[] = {
    NAME(SIG_BLOCK), NAME(SIG_UNBLOCK), NAME(SIG_SETMASK), END};

static const struct trace_name folders[] = {NAME(AT_FDCWD), END};

static const struct trace_name commands[] = {NAME(F_DUPFD), NAME(F_GETFD),
    NAME(F_SETFD), NAME(F_GETFL), NAME(F_SETFL), NAME(F_GETOWN), NAME(F_SETOWN),
    NAME(F_OGETLK), NAME(F_OSETLK), NAME(F_OSETLKW), NAME(F_DUP2FD),
    NAME(F_GETLK), NAME(F_SETLK), NAME(F_SETLKW), NAME(F_SETLK_REMOTE),
    NAME(F_READAHEAD), NAME(F_RDAHEAD), NAME(F_DUPFD_CLOEXEC),
    NAME(F_DUP2FD_CLOEXEC), NAME(F_ADD_SEALS), NAME(F_GET_SEALS),
    NAME(F_ISUNIONSTACK), NAME(F_KINFO), NAME(F_DUPFD_CLOFORK), NAME(F_DUP3FD),
    END};

static const struct trace_name signals[] = {NAME(SIGHUP), NAME(SIGINT),
    NAME(SIGQUIT), NAME(SIGILL), NAME(SIGTRAP), NAME(SIGABRT), NAME(SIGEMT),
    NAME(SIGFPE), NAME(SIGKILL), NAME(SIGBUS), NAME(SIGSEGV), NAME(SIGSYS),
    NAME(SIGPIPE), NAME(SIGALRM), NAME(SIGTERM), NAME(SIGURG), NAME(SIGSTOP),
    NAME(SIGTSTP), NAME(SIGCONT), NAME(SIGCHLD), NAME(SIGTTIN), NAME(SIGTTOU),
    NAME(SIGIO), NAME(SIGXCPU), NAME(SIGXFSZ), NAME(SIGVTALRM), NAME(SIGPROF),
    NAME(SIGWINCH), NAME(SIGINFO), NAME(SIGUSR1), NAME(SIGUSR2), NAME(SIGTHR),
    NAME(SIGLIBRT), END};

static const struct {
	char kind;
	bool flags;
	uint32_t mask;
	const struct trace_name *names;
} tables[] = {
    {'O', true, O_ACCMODE | O_EXEC, open_flags},
    {'P', true, 0, protections},
    {'M', true, 0, mapping_flags},
    {'w', false, 0, places},
    {'h', false, 0, mask_changes},
    {'a', false, 0, folders},
    {'c', false, 0, commands},
    {'g', false, 0, signals},
};

const struct trace_name *
trace_names(char kind, bool *flags, uint32_t *mask)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].kind == kind) {
			*flags = tables[i].flags;
			*mask = tables[i].mask;
			return (tables[i].names);
		}
	return (NULL);
}
