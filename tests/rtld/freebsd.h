/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program sees of FreeBSD's headers, as far as these tests go: types,
 * numbers and what macros come to.  Programs are built with this instead of the
 * headers of the base system's C library, which are musl's where these differ.
 */
#ifndef TESTS_RTLD_FREEBSD_H
#define TESTS_RTLD_FREEBSD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pthread *pthread_t;
typedef struct pthread_attr *pthread_attr_t;
typedef struct pthread_mutex *pthread_mutex_t;
typedef struct pthread_mutex_attr *pthread_mutexattr_t;
typedef struct pthread_cond *pthread_cond_t;
typedef struct pthread_cond_attr *pthread_condattr_t;
typedef struct pthread_rwlock *pthread_rwlock_t;
typedef struct pthread_barrier *pthread_barrier_t;
typedef struct pthread_spinlock *pthread_spinlock_t;
typedef struct {
	int state;
	pthread_mutex_t mutex;
} pthread_once_t;
typedef struct {
	unsigned magic, count, flags;
} sem_t;
typedef struct posix_spawn_actions *posix_spawn_file_actions_t;
typedef struct posix_spawn_attr *posix_spawnattr_t;
struct timespec {
	long tv_sec, tv_nsec;
};
typedef struct __sFILE FILE;

#define PTHREAD_MUTEX_INITIALIZER   NULL
#define PTHREAD_MUTEX_ADAPTIVE_INIT ((pthread_mutex_t)1)
#define PTHREAD_COND_INITIALIZER    NULL
#define PTHREAD_RWLOCK_INITIALIZER  NULL
#define PTHREAD_ONCE_INIT                                                      \
	{                                                                      \
		0, NULL                                                        \
	}
#define PTHREAD_MUTEX_ERRORCHECK 1
#define PTHREAD_MUTEX_RECURSIVE	 2
#define PTHREAD_MUTEX_NORMAL	 3
#define PTHREAD_BARRIER_SERIAL	 (-1)

#define EDEADLK			 11
#define EINVAL			 22
#define ETIMEDOUT		 60
#define EBUSY			 16

#define CLOCK_REALTIME		 0
#define CLOCK_MONOTONIC		 4
#define POSIX_SPAWN_SETPGROUP	 0x02
#define RTLD_DEFAULT		 ((void *)-2)
#define LC_ALL			 0
#define LC_CTYPE		 2
#define _SC_OPEN_MAX		 5
#define _SC_PAGESIZE		 47
#define _SC_NPROCESSORS_ONLN	 58
#define _PC_NAME_MAX		 4

extern FILE *__stdoutp;
extern int __isthreaded;
int *__error(void);

/* <runetype.h> */
typedef struct {
	char magic[8], encoding[32];
	void *functions[2];
	int invalid;
	unsigned long runetype[256];
	int maplower[256], mapupper[256];
} rune_locale;
extern _Thread_local const rune_locale *_ThreadRuneLocale;
extern const rune_locale *_CurrentRuneLocale;
#define _CTYPE_A 0x100ul
#define _CTYPE_D 0x400ul
#define _CTYPE_S 0x4000ul

static inline const rune_locale *
runes(void)
{
	return (
	    _ThreadRuneLocale != NULL ? _ThreadRuneLocale : _CurrentRuneLocale);
}

int pthread_create(
    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_join(pthread_t, void **);
pthread_t pthread_self(void);
int pthread_once(pthread_once_t *, void (*)(void));
int pthread_attr_init(pthread_attr_t *);
int pthread_attr_destroy(pthread_attr_t *);
int pthread_attr_setstacksize(pthread_attr_t *, size_t);
int pthread_attr_getstacksize(const pthread_attr_t *, size_t *);
int pthread_attr_getstack(const pthread_attr_t *, void **, size_t *);
int pthread_attr_get_np(pthread_t, pthread_attr_t *);
int pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int pthread_mutex_destroy(pthread_mutex_t *);
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_trylock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
int pthread_mutexattr_init(pthread_mutexattr_t *);
int pthread_mutexattr_destroy(pthread_mutexattr_t *);
int pthread_mutexattr_settype(pthread_mutexattr_t *, int);
int pthread_mutexattr_gettype(const pthread_mutexattr_t *, int *);
int pthread_mutexattr_setpshared(pthread_mutexattr_t *, int);
int pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int pthread_cond_destroy(pthread_cond_t *);
int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int pthread_cond_timedwait(
    pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
int pthread_cond_broadcast(pthread_cond_t *);
int pthread_condattr_init(pthread_condattr_t *);
int pthread_condattr_destroy(pthread_condattr_t *);
int pthread_condattr_setclock(pthread_condattr_t *, int);
int pthread_rwlock_rdlock(pthread_rwlock_t *);
int pthread_rwlock_trywrlock(pthread_rwlock_t *);
int pthread_rwlock_unlock(pthread_rwlock_t *);
int pthread_rwlock_destroy(pthread_rwlock_t *);
int pthread_barrier_init(pthread_barrier_t *, const void *, unsigned);
int pthread_barrier_wait(pthread_barrier_t *);
int pthread_barrier_destroy(pthread_barrier_t *);
int pthread_spin_init(pthread_spinlock_t *, int);
int pthread_spin_lock(pthread_spinlock_t *);
int pthread_spin_trylock(pthread_spinlock_t *);
int pthread_spin_unlock(pthread_spinlock_t *);
int pthread_spin_destroy(pthread_spinlock_t *);
int sem_init(sem_t *, int, unsigned);
int sem_wait(sem_t *);
int sem_post(sem_t *);
int sem_destroy(sem_t *);

int posix_spawnp(int *, const char *, const posix_spawn_file_actions_t *,
    const posix_spawnattr_t *, char *const[], char *const[]);
int posix_spawn_file_actions_init(posix_spawn_file_actions_t *);
int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *);
int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *, int, int);
int posix_spawnattr_init(posix_spawnattr_t *);
int posix_spawnattr_destroy(posix_spawnattr_t *);
int posix_spawnattr_setflags(posix_spawnattr_t *, short);
int posix_spawnattr_getflags(const posix_spawnattr_t *, short *);
int posix_spawnattr_setpgroup(posix_spawnattr_t *, int);
int waitpid(int, int *, int);
int pipe(int[2]);
int getpgrp(void);
int getpgid(int);
long read(int, void *, size_t);
int close(int);

int clock_gettime(int, struct timespec *);
long sysconf(int);
long pathconf(const char *, int);
char *setlocale(int, const char *);
void *dlsym(void *, const char *);
char *getenv(const char *);
int setenv(const char *, const char *, int);
const char *getprogname(void);
unsigned arc4random_uniform(unsigned);
int open(const char *, int, ...);
int printf(const char *, ...);
int fprintf(FILE *, const char *, ...);
int strcmp(const char *, const char *);
int atexit(void (*)(void));

struct passwd {
	char *pw_name, *pw_passwd;
	int pw_uid, pw_gid;
	long pw_change;
	char *pw_class, *pw_gecos, *pw_dir, *pw_shell;
	long pw_expire;
	int pw_fields;
};
typedef struct {
	int magic;
	size_t re_nsub;
	const char *endp;
	void *guts;
} regex_t;
typedef struct {
	long rm_so, rm_eo;
} regmatch_t;
typedef struct {
	size_t gl_pathc, gl_matchc, gl_offs;
	int gl_flags;
	char **gl_pathv;
	void *functions[6];
} glob_t;
struct statvfs {
	unsigned long f_bavail, f_bfree, f_blocks, f_favail, f_ffree, f_files,
	    f_bsize, f_flag, f_frsize, f_fsid, f_namemax;
};
#define REG_EXTENDED 1
#define GLOB_NOCHECK 0x10
#define GLOB_NOMATCH (-3)
#define CODESET	     0
#define DAY_2	     8
#define LC_ALL_MASK  0x3f

struct passwd *getpwnam(const char *);
int getpwuid_r(int, struct passwd *, char *, size_t, struct passwd **);
int regcomp(regex_t *, const char *, int);
int regexec(const regex_t *, const char *, size_t, regmatch_t *, int);
void regfree(regex_t *);
int glob(const char *, int, int (*)(const char *, int), glob_t *);
void globfree(glob_t *);
int statvfs(const char *, struct statvfs *);
char *nl_langinfo(int);
void *newlocale(int, const char *, void *);

extern char **environ;
extern const char *__progname;

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x)) {                                                    \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__,   \
			    #x, *__error());                                   \
			failures++;                                            \
		}                                                              \
	} while (0)
static int failures;

#endif
