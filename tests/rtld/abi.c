/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared C library as a program from FreeBSD sees it: what it keeps by
 * value is a pointer, numbers are FreeBSD's, and the start file's variables are
 * those that the library goes by.
 */
#include "freebsd.h"

static struct {
	char before[64];
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	pthread_rwlock_t rwlock;
	pthread_once_t once;
	sem_t sem;
	char after[64];
} shared = {.once = PTHREAD_ONCE_INIT};
static int constructed, once_done, ready;
static _Thread_local int own = 7;

__attribute__((__constructor__)) static void
construct(void)
{
	constructed++;
}

/* Nothing was written beside what is a pointer. */
static void
check_surroundings(void)
{
	for (size_t i = 0; i < sizeof(shared.before); i++)
		CHECK(shared.before[i] == 0 && shared.after[i] == 0);
}

static void
once(void)
{
	once_done++;
}

static void *
thread(void *arg)
{
	CHECK(own == 7);
	own = 8;
	CHECK(pthread_once(&shared.once, once) == 0);
	CHECK(pthread_mutex_lock(&shared.mutex) == 0);
	ready++;
	CHECK(pthread_cond_broadcast(&shared.cond) == 0);
	CHECK(pthread_mutex_unlock(&shared.mutex) == 0);
	CHECK(sem_wait(&shared.sem) == 0);
	return (arg);
}

static void
threads(void)
{
	pthread_t td[8];
	void *result;

	CHECK(sem_init(&shared.sem, 0, 0) == 0);
	for (long i = 0; i < 8; i++)
		CHECK(pthread_create(&td[i], NULL, thread, (void *)i) == 0);
	CHECK(pthread_mutex_lock(&shared.mutex) == 0);
	while (ready < 8)
		CHECK(pthread_cond_wait(&shared.cond, &shared.mutex) == 0);
	CHECK(pthread_mutex_unlock(&shared.mutex) == 0);
	for (int i = 0; i < 8; i++)
		CHECK(sem_post(&shared.sem) == 0);
	for (long i = 0; i < 8; i++)
		CHECK(pthread_join(td[i], &result) == 0 && result == (void *)i);
	CHECK(once_done == 1 && own == 7);
	CHECK(sem_destroy(&shared.sem) == 0);
	CHECK(pthread_cond_destroy(&shared.cond) == 0);
}

static void
mutexes(void)
{
	pthread_mutex_t mutex, adaptive = PTHREAD_MUTEX_ADAPTIVE_INIT;
	pthread_mutexattr_t attr;
	int type = 0;

	/* By default FreeBSD's tell of a mistake. */
	CHECK(pthread_mutex_lock(&shared.mutex) == 0);
	CHECK(pthread_mutex_lock(&shared.mutex) == EDEADLK);
	CHECK(pthread_mutex_unlock(&shared.mutex) == 0);
	CHECK(pthread_mutex_destroy(&shared.mutex) == 0);
	CHECK(pthread_mutex_lock(&adaptive) == 0);
	CHECK(pthread_mutex_trylock(&adaptive) == EBUSY);
	CHECK(pthread_mutex_unlock(&adaptive) == 0);

	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_settype(&attr, 0) == EINVAL);
	CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
	CHECK(pthread_mutexattr_gettype(&attr, &type) == 0 &&
	      type == PTHREAD_MUTEX_RECURSIVE);
	CHECK(pthread_mutexattr_setpshared(&attr, 1) != 0);
	CHECK(pthread_mutex_init(&mutex, &attr) == 0);
	CHECK(pthread_mutexattr_destroy(&attr) == 0);
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_mutex_destroy(&mutex) == 0);
}

static void
timed(void)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attr;
	pthread_cond_t cond;
	struct timespec until;

	CHECK(pthread_condattr_init(&attr) == 0);
	CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&cond, &attr) == 0);
	CHECK(pthread_condattr_destroy(&attr) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_cond_destroy(&cond) == 0);
	CHECK(pthread_mutex_destroy(&mutex) == 0);
}

static void
other_locks(void)
{
	pthread_barrier_t barrier;
	pthread_spinlock_t spin;

	CHECK(pthread_rwlock_rdlock(&shared.rwlock) == 0);
	CHECK(pthread_rwlock_trywrlock(&shared.rwlock) == EBUSY);
	CHECK(pthread_rwlock_unlock(&shared.rwlock) == 0);
	CHECK(pthread_rwlock_destroy(&shared.rwlock) == 0);
	CHECK(pthread_barrier_init(&barrier, NULL, 1) == 0);
	CHECK(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL);
	CHECK(pthread_barrier_destroy(&barrier) == 0);
	CHECK(pthread_spin_init(&spin, 0) == 0);
	CHECK(pthread_spin_lock(&spin) == 0);
	CHECK(pthread_spin_trylock(&spin) == EBUSY);
	CHECK(pthread_spin_unlock(&spin) == 0);
	CHECK(pthread_spin_destroy(&spin) == 0);
}

static void *
stack_of_mine(void *arg)
{
	pthread_attr_t attr;
	void *base;
	size_t size;

	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_get_np(pthread_self(), &attr) == 0);
	CHECK(pthread_attr_getstack(&attr, &base, &size) == 0);
	CHECK(size >= *(size_t *)arg && (char *)&attr > (char *)base &&
	      (char *)&attr < (char *)base + size);
	CHECK(pthread_attr_destroy(&attr) == 0);
	return (NULL);
}

static void
stacks(void)
{
	pthread_attr_t attr;
	pthread_t td;
	size_t size = 0;

	size = 1 << 20;
	(void)stack_of_mine(&size);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_getstacksize(&attr, &size) == 0 && size == 2 << 20);
	CHECK(pthread_attr_setstacksize(&attr, 300 << 10) == 0);
	size = 300 << 10;
	CHECK(pthread_create(&td, &attr, stack_of_mine, &size) == 0);
	CHECK(pthread_join(td, NULL) == 0);
	CHECK(pthread_attr_destroy(&attr) == 0);
}

/* Runs this program once more, with an argument, and its output in a pipe. */
static void
spawn(const char *self)
{
	static char argument[] = "again";
	char *argv[] = {(char *)self, argument, NULL}, buf[64] = {0};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int fds[2], pid, status;
	short flags = 0;

	CHECK(pipe(fds) == 0);
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	CHECK(posix_spawn_file_actions_adddup2(&actions, fds[1], 1) == 0);
	CHECK(posix_spawnattr_init(&attr) == 0);
	CHECK(posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP) == 0);
	CHECK(posix_spawnattr_getflags(&attr, &flags) == 0 &&
	      flags == POSIX_SPAWN_SETPGROUP);
	CHECK(posix_spawnattr_setpgroup(&attr, 0) == 0);
	CHECK(posix_spawnp(&pid, self, &actions, &attr, argv, environ) == 0);
	close(fds[1]);
	CHECK(read(fds[0], buf, sizeof(buf) - 1) > 0);
	CHECK(strcmp(buf, "again, leader\n") == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 3 << 8);
	CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
	CHECK(posix_spawnattr_destroy(&attr) == 0);
}

static void
numbers(void)
{
	const rune_locale *rl = runes();

	CHECK(sysconf(_SC_PAGESIZE) == 4096);
	CHECK(sysconf(_SC_OPEN_MAX) >= 1000);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(1000) == -1 && *__error() == EINVAL);
	CHECK(pathconf("/", _PC_NAME_MAX) == 255);
	CHECK(setlocale(LC_ALL, "C") != NULL);
	CHECK(setlocale(LC_CTYPE, NULL) != NULL);
	CHECK(setlocale(7, NULL) == NULL);
	CHECK(open("/none", 0) == -1 && *__error() == 2);
	CHECK(rl->runetype['a'] & _CTYPE_A && !(rl->runetype['1'] & _CTYPE_A));
	CHECK(rl->runetype['1'] & _CTYPE_D && rl->runetype[' '] & _CTYPE_S);
	CHECK(rl->mapupper['x'] == 'X' && rl->maplower['X'] == 'x');
	CHECK(__isthreaded != 0);
	CHECK(arc4random_uniform(10) < 10);
}

/* Structures that the library fills. */
static void
structures(void)
{
	struct passwd *pw = getpwnam("nobody"), other, *found = NULL;
	struct {
		regex_t re;
		long after;
	} regex = {.after = 99};
	regmatch_t match[2];
	struct statvfs sv;
	char buf[256];
	glob_t names;

	CHECK(pw != NULL && pw->pw_uid == 65534 && pw->pw_change == 0 &&
	      pw->pw_expire == 0 && pw->pw_class[0] == '\0' &&
	      strcmp(pw->pw_dir, "/nonexistent") == 0);
	CHECK(getpwuid_r(0, &other, buf, sizeof(buf), &found) == 0 &&
	      found == &other && strcmp(other.pw_name, "root") == 0 &&
	      strcmp(other.pw_shell, "/bin/sh") == 0);
	CHECK(regcomp(&regex.re, "a(b+)", REG_EXTENDED) == 0 &&
	      regex.re.re_nsub == 1 && regex.after == 99);
	CHECK(regexec(&regex.re, "xabbb", 2, match, 0) == 0 &&
	      match[1].rm_so == 2 && match[1].rm_eo == 5);
	regfree(&regex.re);
	CHECK(glob("/etc/pass*", 0, NULL, &names) == 0 && names.gl_pathc == 1 &&
	      strcmp(names.gl_pathv[0], "/etc/passwd") == 0);
	globfree(&names);
	CHECK(glob("/none*", 0, NULL, &names) == GLOB_NOMATCH);
	CHECK(statvfs("/", &sv) == 0 && sv.f_namemax == 255 &&
	      sv.f_bavail <= sv.f_blocks && sv.f_frsize >= 512);
	CHECK(strcmp(nl_langinfo(DAY_2), "Monday") == 0);
	CHECK(nl_langinfo(CODESET)[0] != '\0');
	CHECK(newlocale(LC_ALL_MASK, "C", NULL) != NULL);
}

static void
names(void)
{
	CHECK(dlsym(RTLD_DEFAULT, "printf") == (void *)printf);
	CHECK(dlsym(RTLD_DEFAULT, "no_such_function") == NULL);
	CHECK(strcmp(getenv("WORD"), "value") == 0);
	CHECK(setenv("OTHER", "one", 1) == 0);
	/* Either side sees what the other set. */
	bool found = false;
	for (char **e = environ; *e != NULL; e++)
		found = found || strcmp(*e, "OTHER=one") == 0;
	CHECK(found);
	CHECK(strcmp(__progname, "abi") == 0);
	CHECK(strcmp(getprogname(), "abi") == 0);
}

static void
at_end(void)
{
	if (failures == 0)
		fprintf(__stdoutp, "abi: ok\n");
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		printf("%s%s\n", argv[1],
		    getpgrp() == getpgid(0) && getpgid(0) > 1 ? ", leader"
							      : "");
		return (3);
	}
	CHECK(constructed == 1);
	threads();
	mutexes();
	timed();
	other_locks();
	check_surroundings();
	stacks();
	spawn(argv[0]);
	numbers();
	structures();
	names();
	atexit(at_end);
	return (failures != 0);
}
