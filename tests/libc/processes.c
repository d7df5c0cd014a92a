/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes, signals, time, the system's variables. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/event.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t caught, code, value;

static void
handler(int sig, siginfo_t *si, void *context)
{
	(void)context;
	caught = sig;
	code = si->si_code;
	value = si->si_value.sival_int;
}

static void
signals(void)
{
	struct sigaction sa = {.sa_flags = SA_SIGINFO}, old;
	struct itimerval timer = {.it_value = {0, 20000}};
	sigset_t set, before;
	siginfo_t si;

	sa.sa_sigaction = handler;
	sigemptyset(&sa.sa_mask);
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	CHECK(sigaction(SIGUSR1, NULL, &old) == 0);
	CHECK(old.sa_sigaction == handler && old.sa_flags == SA_SIGINFO);
	CHECK(raise(SIGUSR1) == 0 && caught == SIGUSR1 && code == SI_LWP);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	CHECK(sigprocmask(SIG_BLOCK, &set, &before) == 0);
	caught = 0;
	CHECK(kill(getpid(), SIGUSR1) == 0 && caught == 0);
	CHECK(sigpending(&set) == 0 && sigismember(&set, SIGUSR1) == 1);
	CHECK(sigsuspend(&before) == -1 && errno == EINTR);
	CHECK(caught == SIGUSR1 && code == SI_USER);
	sigaddset(&set, SIGRTMIN + 3);
	CHECK(sigqueue(
		  getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 9}) == 0);
	CHECK(sigwaitinfo(&set, &si) == SIGRTMIN + 3);
	CHECK(si.si_code == SI_QUEUE && si.si_value.sival_int == 9);
	CHECK(si.si_pid == getpid());
	CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	CHECK(pause() == -1 && caught == SIGALRM);
	CHECK(strcmp(strsignal(SIGSEGV), "Segmentation fault") == 0);
}

static int
child_status(int how)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (how < 0)
			raise(-how);
		_exit(how);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return (status);
}

extern char **environ;

static void
children(char *self)
{
	char spawned[] = "spawned", buf[16] = "";
	char *argv[] = {self, spawned, NULL};
	posix_spawn_file_actions_t actions;
	int status, p[2];
	siginfo_t si;
	pid_t pid;

	status = child_status(3);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	status = child_status(-SIGTERM);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	CHECK(!WIFEXITED(status) && !WIFSTOPPED(status));
	CHECK(pipe(p) == 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, p[1], 1);
	CHECK(posix_spawn(&pid, self, &actions, NULL, argv, environ) == 0);
	CHECK(read(p[0], buf, sizeof(buf)) == 7 &&
	      memcmp(buf, "spawned", 7) == 0);
	CHECK(waitid(P_PID, pid, &si, WEXITED) == 0);
	CHECK(si.si_pid == pid && si.si_status == 5);
	CHECK(
	    posix_spawn(&pid, "/nowhere", NULL, NULL, argv, environ) == ENOENT);
	pid = vfork();
	if (pid == 0) {
		execl(self, self, "quiet", (char *)NULL);
		_exit(1);
	}
	CHECK(wait4(pid, &status, 0, &(struct rusage){0}) == pid);
	CHECK(WEXITSTATUS(status) == 6);
	CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
}

/* A stop before its exec would hang the parent, too: it comes after that. */
static void
stopped_vfork(char *self)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		(void)kill(getpid(), SIGSTOP);
		execl(self, self, "quiet", (char *)NULL);
		_exit(1);
	}
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(kill(pid, SIGCONT) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 6);
}

static void
timer_thread(union sigval v)
{
	__atomic_fetch_add((int *)v.sival_ptr, 1, __ATOMIC_SEQ_CST);
}

static void
clocks(void)
{
	static int fired;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD,
	    .sigev_notify_function = timer_thread,
	    .sigev_value.sival_ptr = &fired};
	struct itimerspec soon = {.it_value = {0, 5000000}};
	struct timespec a, b, nap = {0, 3000000};
	struct tm tm;
	time_t now;
	timer_t id;
	int i;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0);
	CHECK(nanosleep(&nap, NULL) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &b) == 0);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec >=
	      nap.tv_nsec);
	CHECK((now = time(NULL)) > 1600000000);
	CHECK(gmtime_r(&now, &tm) != NULL && timegm(&tm) == now);
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a) == 0);
	CHECK(a.tv_sec < 100 && clock() != (clock_t)-1);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &id) == 0);
	CHECK(timer_settime(id, 0, &soon, NULL) == 0);
	for (i = 0; i < 5000 && !__atomic_load_n(&fired, __ATOMIC_SEQ_CST); i++)
		usleep(1000);
	CHECK(fired == 1 && timer_delete(id) == 0);
}

static void
variables(void)
{
	struct kevent change, got;
	unsigned char r[600] = {0};
	struct rlimit limit;
	struct utsname u;
	char type[32];
	int n, kq;
	size_t len;

	len = sizeof(type);
	CHECK(sysctlbyname("kern.ostype", type, &len, NULL, 0) == 0);
	CHECK(strcmp(type, "FreeBSD") == 0);
	CHECK(uname(&u) == 0 && strcmp(u.sysname, "FreeBSD") == 0);
	CHECK(strcmp(u.machine, "amd64") == 0);
	len = sizeof(n);
	CHECK(sysctlbyname("hw.ncpu", &n, &len, NULL, 0) == 0);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) == n);
	CHECK(sysconf(_SC_PHYS_PAGES) > 1000);
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 64);
	CHECK(getrandom(r, 200, 0) == 200 && getentropy(r + 300, 200) == 0);
	CHECK(memcmp(r, r + 300, 200) != 0);
	CHECK(getpriority(PRIO_PROCESS, 0) == 0);
	CHECK(setpriority(PRIO_PROCESS, 0, -5) == 0);
	CHECK(getpriority(PRIO_PROCESS, 0) == -5);
	CHECK((kq = kqueue()) >= 0);
	EV_SET(&change, 1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 5, &kq);
	CHECK(kevent(kq, &change, 1, &got, 1, NULL) == 1);
	CHECK(got.ident == 1 && got.udata == &kq);
}

static sigjmp_buf jump;

/* What %rbx, which was 12345, is after a jump to sigsetjmp(buf, 1). */
long rbx_after_jump(sigjmp_buf);
__asm__("rbx_after_jump:\n"
	"	push	%rbx\n"
	"	push	%rdi\n"
	"	sub	$8, %rsp\n"
	"	mov	$12345, %ebx\n"
	"	mov	$1, %esi\n"
	"	call	sigsetjmp\n"
	"	test	%eax, %eax\n"
	"	jnz	1f\n"
	"	mov	8(%rsp), %rdi\n"
	"	mov	$1, %esi\n"
	"	call	siglongjmp\n"
	"1:	mov	%rbx, %rax\n"
	"	add	$16, %rsp\n"
	"	pop	%rbx\n"
	"	ret\n");

/* A mask has two words, and registers come back as they were. */
static void
jumps(void)
{
	volatile int times = 0;
	sigset_t mask, now;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	for (int i = 65; i < 128; i++)
		sigaddset(&mask, i);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (sigsetjmp(jump, 1) == 0) {
		sigprocmask(SIG_UNBLOCK, &mask, NULL);
		times++;
		siglongjmp(jump, 1);
	}
	CHECK(times == 1);
	CHECK(rbx_after_jump(jump) == 12345);
	sigprocmask(SIG_UNBLOCK, &mask, &now);
	CHECK(sigismember(&now, SIGUSR2) == 1);
	CHECK(sigismember(&now, 127) == 1 && sigismember(&now, 65) == 1);
	CHECK(sigismember(&now, SIGUSR1) == 0);
}

/* System V IPC: the structures are FreeBSD's. */
static void
sysv(void)
{
	struct {
		long type;
		char text[8];
	} m = {7, "text"};
	union {
		int val;
		struct semid_ds *buf;
		unsigned short *array;
	} un;
	struct sembuf op = {1, 2, 0};
	unsigned short values[2];
	struct msqid_ds mq;
	struct shmid_ds shm;
	struct semid_ds sem;
	key_t key = ftok("/", 5);
	int q = msgget(key, IPC_CREAT | 0600), id;
	char *at;

	CHECK(key != -1 && q != -1 && msgget(key, 0) == q);
	CHECK(msgsnd(q, &m, 5, 0) == 0);
	CHECK(msgctl(q, IPC_STAT, &mq) == 0 && mq.msg_qnum == 1);
	CHECK(mq.msg_cbytes == 5 && mq.msg_lspid == getpid());
	CHECK(msgrcv(q, &m, sizeof(m.text), 0, IPC_NOWAIT) == 5 && m.type == 7);
	CHECK(msgctl(q, IPC_RMID, NULL) == 0);
	id = semget(IPC_PRIVATE, 2, 0600);
	CHECK(id != -1 && semop(id, &op, 1) == 0 && semctl(id, 1, GETVAL) == 2);
	un.val = 9;
	CHECK(semctl(id, 0, SETVAL, un) == 0);
	un.array = values;
	CHECK(semctl(id, 0, GETALL, un) == 0);
	CHECK(values[0] == 9 && values[1] == 2);
	un.buf = &sem;
	CHECK(semctl(id, 0, IPC_STAT, un) == 0 && sem.sem_nsems == 2);
	CHECK(semctl(id, 0, IPC_RMID) == 0);
	id = shmget(IPC_PRIVATE, 100, 0600);
	at = shmat(id, NULL, 0);
	CHECK(id != -1 && at != (void *)-1 && at[99] == 0);
	CHECK(shmctl(id, IPC_STAT, &shm) == 0 && shm.shm_nattch == 1);
	CHECK(shm.shm_perm.cuid == getuid() && shm.shm_perm.mode & IPC_R);
	CHECK(shmdt(at) == 0 && shmctl(id, IPC_RMID, NULL) == 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "spawned") == 0)
		return (write(1, "spawned", 7) == 7 ? 5 : 1);
	if (argc > 1)
		return (6);
	signals();
	jumps();
	children(argv[0]);
	stopped_vfork(argv[0]);
	clocks();
	variables();
	sysv();
	return (result("processes"));
}
