/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <spawn.h> as FreeBSD has it: actions and attributes are pointers, and the
 * flags have other numbers.  See threads.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>

#include "abi.h"

static const struct {
	short freebsd, musl;
} flag_names[] = {
    {0x01, POSIX_SPAWN_RESETIDS},
    {0x02, POSIX_SPAWN_SETPGROUP},
    {0x04, POSIX_SPAWN_SETSCHEDPARAM},
    {0x08, POSIX_SPAWN_SETSCHEDULER},
    {0x10, POSIX_SPAWN_SETSIGDEF},
    {0x20, POSIX_SPAWN_SETSIGMASK},
};
#define NFLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

static void *
make(void *slot, size_t size)
{
	return (*(void **)slot = calloc(1, size));
}

/* Functions about the object that the first argument points to. */
#define FORWARD_2(name, type, arg)                                             \
	MUSL(name);                                                            \
	int name(type *slot, arg a)                                            \
	{                                                                      \
		return (musl_##name(contents(slot), a));                       \
	}

MUSL(posix_spawn_file_actions_init);

int
posix_spawn_file_actions_init(posix_spawn_file_actions_t *slot)
{
	void *object = make(slot, sizeof(*slot));

	return (object == NULL ? ENOMEM
			       : musl_posix_spawn_file_actions_init(object));
}

MUSL(posix_spawn_file_actions_destroy);

int
posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *slot)
{
	musl_posix_spawn_file_actions_destroy(contents(slot));
	free(contents(slot));
	return (0);
}

MUSL(posix_spawn_file_actions_addopen);

int
posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *slot, int fd,
    const char *path, int flags, mode_t mode)
{
	return (musl_posix_spawn_file_actions_addopen(
	    contents(slot), fd, path, flags, mode));
}

MUSL(posix_spawn_file_actions_adddup2);

int
posix_spawn_file_actions_adddup2(
    posix_spawn_file_actions_t *slot, int from, int to)
{
	return (
	    musl_posix_spawn_file_actions_adddup2(contents(slot), from, to));
}

FORWARD_2(posix_spawn_file_actions_addclose, posix_spawn_file_actions_t, int)
FORWARD_2(
    posix_spawn_file_actions_addfchdir_np, posix_spawn_file_actions_t, int)
FORWARD_2(posix_spawn_file_actions_addchdir_np, posix_spawn_file_actions_t,
    const char *)

MUSL(posix_spawnattr_init);

int
posix_spawnattr_init(posix_spawnattr_t *slot)
{
	void *object = make(slot, sizeof(*slot));

	return (object == NULL ? ENOMEM : musl_posix_spawnattr_init(object));
}

int
posix_spawnattr_destroy(posix_spawnattr_t *slot)
{
	free(contents(slot));
	return (0);
}

MUSL(posix_spawnattr_setflags);

int
posix_spawnattr_setflags(posix_spawnattr_t *slot, short flags)
{
	short musl = 0;

	for (size_t i = 0; i < NFLAGS; i++)
		if (flags & flag_names[i].freebsd) {
			flags &= ~flag_names[i].freebsd;
			musl |= flag_names[i].musl;
		}
	return (flags != 0
		    ? EINVAL
		    : musl_posix_spawnattr_setflags(contents(slot), musl));
}

MUSL(posix_spawnattr_getflags);

int
posix_spawnattr_getflags(const posix_spawnattr_t *slot, short *flags)
{
	short musl;
	int error = musl_posix_spawnattr_getflags(contents(slot), &musl);

	*flags = 0;
	for (size_t i = 0; i < NFLAGS; i++)
		if (musl & flag_names[i].musl)
			*flags |= flag_names[i].freebsd;
	return (error);
}

FORWARD_2(posix_spawnattr_getpgroup, const posix_spawnattr_t, pid_t *)
FORWARD_2(posix_spawnattr_setpgroup, posix_spawnattr_t, pid_t)
FORWARD_2(posix_spawnattr_getsigdefault, const posix_spawnattr_t, sigset_t *)
FORWARD_2(posix_spawnattr_setsigdefault, posix_spawnattr_t, const sigset_t *)
FORWARD_2(posix_spawnattr_getsigmask, const posix_spawnattr_t, sigset_t *)
FORWARD_2(posix_spawnattr_setsigmask, posix_spawnattr_t, const sigset_t *)

/* Both forms of the call. */
#define SPAWN(name)                                                            \
	MUSL(name);                                                            \
	int name(pid_t *pid, const char *file,                                 \
	    const posix_spawn_file_actions_t *actions,                         \
	    const posix_spawnattr_t *attr, char *const argv[],                 \
	    char *const env[])                                                 \
	{                                                                      \
		return (musl_##name(pid, file,                                 \
		    actions != NULL ? contents(actions) : NULL,                \
		    attr != NULL ? contents(attr) : NULL, argv, env));         \
	}
SPAWN(posix_spawn)
SPAWN(posix_spawnp)
