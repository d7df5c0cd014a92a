/* SPDX-License-Identifier: BSD-2-Clause */
/* kern.proc.* and F_KINFO: what ps, top, procstat and fstat ask for. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/mman.h"
#include "fbsd/socket.h"
#include "fbsd/num/sysctl.h"
#include "fbsd/user.h"

enum {
	SYS_unlink = 10,
	SYS_chdir = 12,
	SYS_getppid = 39,
	SYS_dup = 41,
	SYS_umask = 60,
	SYS_getpgrp = 81,
	SYS_fcntl = 92,
	SYS_setpriority = 96,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_mkdir = 136,
	SYS_socketpair = 135,
	SYS_setuid = 23,
	SYS_getrlimit = 194,
	SYS___sysctl = 202,
	SYS_ftruncate = 480,
	SYS_shm_unlink = 483,
	SYS_openat = 499,
	SYS_shm_open2 = 571,
};

#define ROOM (256 * 1024)

static char *buf;
static pid_t self;

/* Bytes that came into buf, or minus the error. */
static long
ask_n(int what, int a, int b, unsigned numbers, void *old)
{
	int name[5] = {CTL_KERN, KERN_PROC, what, a, b};
	size_t len = old != NULL ? ROOM : 0;
	long error = SYS(SYS___sysctl, name, 3 + numbers, old, &len, NULL, 0);

	return (error < 0 ? error : (long)len);
}

static long
ask(int what, int number)
{
	return (ask_n(what, number, 0, 1, buf));
}

static struct kinfo_proc *
record(int i)
{
	return ((struct kinfo_proc *)buf + i);
}

static long tids[2];
static volatile int stop;

static void
sleeper(void *arg)
{
	while (!stop)
		sleep_ms(1);
	end_thread(arg);
}

static int
find_pid(long n, pid_t pid)
{
	for (int i = 0; i < n / (long)sizeof(struct kinfo_proc); i++)
		if (record(i)->ki_pid == pid)
			return (i);
	return (-1);
}

/* Until the process is in this state. */
static long
ask_until(int pid, int state)
{
	long n;

	while ((n = ask(KERN_PROC_PID, pid)) > 0 && record(0)->ki_stat != state)
		sleep_ms(1);
	return (n);
}

static void
processes(void)
{
	const long size = sizeof(struct kinfo_proc);
	struct kinfo_proc *ki = record(0);
	long n, all, child, status;

	CHECK_EQ(ask(KERN_PROC_PID, self), size);
	CHECK_EQ(ki->ki_structsize, 1088);
	CHECK_EQ(ki->ki_pid, self);
	CHECK_EQ(ki->ki_ppid, SYS(SYS_getppid));
	CHECK_EQ(ki->ki_pgid, SYS(SYS_getpgrp));
	CHECK_EQ(ki->ki_stat, SRUN);
	CHECK_EQ(ki->ki_uid, 0);
	CHECK_EQ(ki->ki_numthreads, 1);
	CHECK(ki->ki_ngroups >= 1);
	CHECK(same_text(ki->ki_comm, "kinfo"));
	CHECK(same_text(ki->ki_emul, "FreeBSD ELF64"));
	CHECK(ki->ki_size > 4096 && ki->ki_rssize > 1);
	CHECK(ki->ki_tsize > 0 && ki->ki_ssize > 0);
	CHECK(ki->ki_start.tv_sec > 0);
	CHECK(ki->ki_oncpu >= 0);
	CHECK_EQ(ki->ki_pri.pri_class, RTP_PRIO_NORMAL);
	CHECK(ki->ki_flag & KP_INMEM);
	CHECK(ki->ki_flag & KP_EXEC);
	CHECK_EQ(ki->ki_paddr | ki->ki_textvp | ki->ki_wchan, 0);
	CHECK_EQ(ask(KERN_PROC_PID, 99998), -ESRCH);
	CHECK_EQ(ask_n(KERN_PROC_PID, 0, 0, 0, buf), -EINVAL);
	CHECK_EQ(ask_n(KERN_PROC_PID, 1, 1, 2, buf), -EINVAL);
	/* Everybody; asked for the size, there is room for more. */
	all = ask_n(KERN_PROC_PROC, 0, 0, 0, buf);
	CHECK(all >= 2 * size && all % size == 0);
	CHECK(find_pid(all, self) >= 0);
	CHECK(find_pid(all, 1) >= 0);
	CHECK(ask_n(KERN_PROC_PROC, 0, 0, 0, NULL) > all);
	n = ask_n(KERN_PROC_ALL, 0, 0, 0, buf);
	CHECK(n >= all);
	CHECK(find_pid(n, 0) >= 0);
	CHECK(record(find_pid(n, 0))->ki_flag & KP_SYSTEM);
	CHECK(find_pid(ask(KERN_PROC_UID, 0), self) >= 0);
	CHECK_EQ(ask(KERN_PROC_UID, 4711), 0);
	CHECK(find_pid(ask(KERN_PROC_RUID, 0), self) >= 0);
	CHECK(find_pid(ask(KERN_PROC_GID, 0), self) >= 0);
	CHECK(find_pid(ask(KERN_PROC_PGRP, (int)SYS(SYS_getpgrp)), self) >= 0);
	/* A child that sleeps, and then is a zombie. */
	child = SYS(SYS_fork);
	if (SYS(SYS_getpid) != self) {
		(void)SYS(SYS_setpriority, PRIO_PROCESS, 0, 7);
		for (;;)
			sleep_ms(60000);
	}
	n = ask_until((int)child, SSLEEP);
	CHECK_EQ(n, size);
	CHECK_EQ(ki->ki_nice, 7);
	CHECK(ki->ki_wmesg[0] != '\0');
	CHECK_EQ(ki->ki_ppid, self);
	(void)SYS(SYS_kill, child, SIGSTOP);
	n = ask_until((int)child, SSTOP);
	CHECK_EQ(n, size);
	(void)SYS(SYS_kill, child, SIGKILL);
	n = ask_until((int)child, SZOMB);
	CHECK_EQ(ki->ki_xstat, SIGKILL);
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ(ask(KERN_PROC_PID, (int)child), -ESRCH);
}

/* How busy the processors were, all and each. */
static void
processors(void)
{
	long all[5], each[5 * 16], idle = 0, total = 0;
	size_t len = sizeof(each);

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.cp_times", 13, each, &len, 0, 0), 0);
	CHECK(len >= 40 && len % 40 == 0);
	for (size_t i = 0; i < len / 8; i++) {
		CHECK(each[i] >= 0);
		total += each[i];
		if (i % 5 == 4)
			idle += each[i];
	}
	len = sizeof(all);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.cp_time", 12, all, &len, 0, 0), 0);
	CHECK_EQ(len, 40);
	CHECK(all[4] >= idle);
	/* Each may be rounded down once more. */
	CHECK(all[0] + all[1] + all[2] + all[3] + all[4] + 16 >= total);
	len = sizeof(int);
	CHECK_EQ(
	    SYS(SYS___sysctlbyname, "kern.lastpid", 12, buf, &len, 0, 0), 0);
	CHECK(*(int *)buf >= self);
}

static void
threads(void)
{
	const long size = sizeof(struct kinfo_proc);

	for (int i = 0; i < 2; i++)
		CHECK_EQ(start_thread(sleeper, &tids[i], &tids[i]), 0);
	CHECK_EQ(ask(KERN_PROC_PID, self), size);
	CHECK_EQ(record(0)->ki_numthreads, 3);
	CHECK_EQ(ask(KERN_PROC_PID | KERN_PROC_INC_THREAD, self), 3 * size);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(record(i)->ki_pid, self);
	CHECK(record(0)->ki_tid != record(1)->ki_tid);
	CHECK(record(1)->ki_tid != record(2)->ki_tid);
	CHECK_EQ(record(2)->ki_size, record(0)->ki_size);
	stop = 1;
	join_thread(&tids[0]);
	join_thread(&tids[1]);
}

/* Record after record by their own lengths; NULL: none with this number. */
static struct kinfo_file *
find_fd(long n, int fd)
{
	struct kinfo_file *kf;

	for (long at = 0; at < n; at += kf->kf_structsize) {
		kf = (struct kinfo_file *)(buf + at);
		CHECK_EQ(kf->kf_structsize % 8, 0);
		if (kf->kf_structsize <= 0)
			break;
		if (kf->kf_fd == fd)
			return (kf);
	}
	return (NULL);
}

static void
files(void)
{
	static struct kinfo_file full;
	struct kinfo_file *kf;
	int p[2], s[2], fd, nfds;
	long n;

	fd = (int)SYS(SYS_openat, AT_FDCWD, "/kinfo.txt",
	    O_RDWR | O_CREAT | O_APPEND, 0640);
	CHECK(fd > 0);
	CHECK_EQ(SYS(SYS_write, fd, "abc", 3), 3);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	(void)SYS(SYS_write, p[1], "12345", 5);
	CHECK_EQ(SYS(SYS_mkdir, "/kdir", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/kdir"), 0);
	n = ask(KERN_PROC_FILEDESC, self);
	CHECK(n > 0);
	kf = find_fd(n, fd);
	CHECK(kf != NULL);
	if (kf != NULL) {
		CHECK_EQ(kf->kf_type, KF_TYPE_VNODE);
		CHECK_EQ(kf->kf_un.kf_file.kf_file_type, 1);
		CHECK_EQ(kf->kf_flags,
		    KF_FLAG_READ | KF_FLAG_WRITE | KF_FLAG_APPEND);
		CHECK_EQ(kf->kf_offset, 3);
		CHECK_EQ(kf->kf_un.kf_file.kf_file_size, 3);
		CHECK_EQ(kf->kf_un.kf_file.kf_file_mode & 0777, 0640);
		CHECK(same_text(kf->kf_path, "/kinfo.txt"));
		CHECK_EQ(kf->kf_ref_count, 1);
	}
	kf = find_fd(n, p[0]);
	CHECK(kf != NULL && kf->kf_type == KF_TYPE_PIPE);
	CHECK(kf != NULL && kf->kf_status == KF_ATTR_VALID);
	CHECK(kf != NULL && kf->kf_un.kf_pipe.kf_pipe_buffer_cnt == 5);
	kf = find_fd(n, s[0]);
	CHECK(kf != NULL && kf->kf_type == KF_TYPE_SOCKET);
	CHECK(kf != NULL && kf->kf_un.kf_sock.kf_sock_domain == AF_UNIX);
	kf = find_fd(n, KF_FD_TYPE_CWD);
	CHECK(kf != NULL && same_text(kf->kf_path, "/kdir"));
	kf = find_fd(n, KF_FD_TYPE_ROOT);
	CHECK(kf != NULL && same_text(kf->kf_path, "/"));
	CHECK(find_fd(n, KF_FD_TYPE_TEXT) != NULL);
	CHECK(find_fd(n, 99) == NULL);
	CHECK(ask(KERN_PROC_CWD, self) > 0);
	CHECK(same_text(((struct kinfo_file *)buf)->kf_path, "/kdir"));
	CHECK_EQ(ask(KERN_PROC_NFDS, self), sizeof(int));
	nfds = *(int *)buf;
	(void)SYS(SYS_close, s[1]);
	CHECK_EQ(ask(KERN_PROC_NFDS, 0), sizeof(int));
	CHECK_EQ(*(int *)buf, nfds - 1);
	/* F_KINFO wants to hear the size. */
	CHECK_EQ(SYS(SYS_fcntl, fd, F_KINFO, &full), -EINVAL);
	CHECK_EQ(SYS(SYS_fcntl, 99, F_KINFO, &full), -EBADF);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_KINFO, 16), -EFAULT);
	full.kf_structsize = sizeof(full);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_KINFO, &full), 0);
	CHECK_EQ(full.kf_structsize, sizeof(full));
	CHECK_EQ(full.kf_fd, fd);
	CHECK(same_text(full.kf_path, "/kinfo.txt"));
	(void)SYS(SYS_unlink, "/kinfo.txt");
	(void)SYS(SYS_close, fd);
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, p[1]);
	(void)SYS(SYS_close, s[0]);
}

static struct kinfo_file *
find_shared(const char *name)
{
	const char *list = "kern.ipc.posix_shm_list";
	struct kinfo_file *kf;
	size_t len = ROOM;

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, list, length(list), buf, &len, NULL, 0), 0);
	for (size_t at = 0; at < len; at += (size_t)kf->kf_structsize) {
		kf = (struct kinfo_file *)(buf + at);
		CHECK(kf->kf_structsize > 0 && kf->kf_structsize % 8 == 0);
		if (kf->kf_structsize <= 0)
			break;
		if (same_text(kf->kf_path, name))
			return (kf);
	}
	return (NULL);
}

/* Shared memory by its name: while it has one. */
static void
shared(void)
{
	struct kinfo_file *kf;
	long fd;

	CHECK(find_shared("/kinfo.shm") == NULL);
	fd = SYS(SYS_shm_open2, "/kinfo.shm", O_RDWR | O_CREAT, 0640, 0, NULL);
	CHECK(fd > 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 12345), 0);
	kf = find_shared("/kinfo.shm");
	CHECK(kf != NULL && kf->kf_type == KF_TYPE_SHM);
	CHECK(kf != NULL && kf->kf_un.kf_file.kf_file_size == 12345);
	CHECK(kf != NULL && kf->kf_un.kf_file.kf_file_mode == 0100640);
	CHECK_EQ(SYS(SYS_shm_unlink, "/kinfo.shm"), 0);
	CHECK(find_shared("/kinfo.shm") == NULL);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* The record of a descriptor of pid's in kern.file, or NULL. */
static struct xfile *
find_descriptor(pid_t pid, int fd)
{
	struct xfile *xf = (struct xfile *)buf;
	size_t len = ROOM;
	int name[2] = {CTL_KERN, KERN_FILE};

	CHECK_EQ(SYS(SYS___sysctl, name, 2, buf, &len, NULL, 0), 0);
	CHECK_EQ(len % sizeof(*xf), 0);
	for (size_t i = 0; i < len / sizeof(*xf); i++) {
		CHECK_EQ(xf[i].xf_size, sizeof(*xf));
		if (xf[i].xf_pid == pid && xf[i].xf_fd == fd)
			return (&xf[i]);
	}
	return (NULL);
}

static struct xunpgen *
ask_sockets(const char *list, size_t *count)
{
	struct xunpgen *first = (struct xunpgen *)buf, *last;
	size_t len = ROOM;

	CHECK_EQ(
	    SYS(SYS___sysctlbyname, list, length(list), buf, &len, NULL, 0), 0);
	CHECK(len >= 2 * sizeof(*first));
	*count = (len - 2 * sizeof(*first)) / sizeof(struct xunpcb);
	CHECK_EQ(len, 2 * sizeof(*first) + *count * sizeof(struct xunpcb));
	last = (struct xunpgen *)(buf + len) - 1;
	CHECK_EQ(first->xug_len, sizeof(*first));
	CHECK_EQ(last->xug_len, sizeof(*first));
	CHECK_EQ(first->xug_gen, last->xug_gen);
	return (first);
}

/* What a list says of the socket, once; else NULL. */
static struct xunpcb *
find_socket(const char *list, uint64_t socket)
{
	struct xunpcb *all, *found = NULL;
	size_t count;

	all = (struct xunpcb *)(ask_sockets(list, &count) + 1);
	for (size_t i = 0; i < count; i++) {
		CHECK_EQ(all[i].xu_len, sizeof(*all));
		CHECK_EQ(all[i].xu_socket.xso_len, sizeof(all->xu_socket));
		if (all[i].xu_socket.xso_so != socket)
			continue;
		CHECK(found == NULL);
		found = &all[i];
	}
	return (found);
}

/* Its number: no address, and the same wherever programs compare it. */
static uint64_t
number_of(int fd)
{
	struct kinfo_file *kf;
	struct xfile *xf = find_descriptor(self, fd);
	uint64_t number;
	long n;

	CHECK(xf != NULL && xf->xf_type == 2);
	number = xf != NULL ? xf->xf_data : 0;
	CHECK(number > 0 && number >> 32 == 0);
	n = ask(KERN_PROC_FILEDESC, self);
	kf = find_fd(n, fd);
	CHECK(kf != NULL && kf->kf_un.kf_sock.kf_sock_pcb == number);
	return (number);
}

static void
pairs(void)
{
	struct xunpcb *xu;
	uint64_t a, b;
	long copy;
	int s[2];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	copy = SYS(SYS_dup, s[0]);
	CHECK_EQ(SYS(SYS_write, s[1], "1234567", 7), 7);
	a = number_of(s[0]);
	b = number_of(s[1]);
	CHECK(a / 2 != b / 2);
	CHECK_EQ(number_of((int)copy), a);
	CHECK_EQ(find_descriptor(self, s[0])->xf_count, 2);
	xu = find_socket("net.local.stream.pcblist", a);
	CHECK(xu != NULL && xu->xu_unpp == a && xu->unp_conn == b);
	CHECK(xu != NULL && xu->xu_socket.so_type == SOCK_STREAM);
	CHECK(xu != NULL && xu->xu_socket.xso_family == AF_UNIX);
	CHECK(xu != NULL && xu->xu_socket.so_rcv.sb_cc == 7);
	CHECK(xu != NULL && xu->xu_addr.sun_len == 0);
	CHECK(find_socket("net.local.dgram.pcblist", a) == NULL);
	CHECK(find_socket("net.local.seqpacket.pcblist", a) == NULL);
	(void)SYS(SYS_close, s[1]);
	xu = find_socket("net.local.stream.pcblist", a);
	CHECK(xu != NULL && xu->unp_conn == 0);
	(void)SYS(SYS_close, s[0]);
	(void)SYS(SYS_close, copy);
	CHECK(find_socket("net.local.stream.pcblist", a) == NULL);
}

/* A name, and who sends to it. */
static void
senders(void)
{
	const char *list = "net.local.dgram.pcblist";
	struct sockaddr_un name = {
	    .sun_len = sizeof(name), .sun_family = AF_UNIX, "/kinfo.sock"};
	uint64_t numbers[3];
	struct xunpcb *xu;
	long fds[3], status, pid;

	for (int i = 0; i < 3; i++) {
		fds[i] = SYS(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
		CHECK_EQ(SYS(i == 0 ? SYS_bind : SYS_connect, fds[i], &name,
			     sizeof(name)),
		    0);
		numbers[i] = number_of((int)fds[i]);
	}
	xu = find_socket(list, numbers[0]);
	CHECK(xu != NULL && same_text(xu->xu_addr.sun_path, name.sun_path));
	CHECK(xu != NULL && xu->unp_conn == 0 && xu->xu_firstref == numbers[1]);
	xu = find_socket(list, numbers[1]);
	CHECK(xu != NULL && same_text(xu->xu_caddr.sun_path, name.sun_path));
	CHECK(xu != NULL && xu->unp_conn == numbers[0]);
	CHECK(xu != NULL && xu->xu_nextref == numbers[2]);
	xu = find_socket(list, numbers[2]);
	CHECK(xu != NULL && xu->xu_nextref == 0);
	/* Who may not see the processes of others doesn't see what is theirs.
	 */
	status = 0;
	CHECK_EQ(set_sysctl("security.bsd.see_other_uids", 0), 0);
	pid = SYS(SYS_fork);
	if (SYS(SYS_getpid) != self) {
		for (int i = 0; i < 3; i++)
			(void)SYS(SYS_close, fds[i]);
		(void)SYS(SYS_setuid, 4711);
		(void)SYS(
		    SYS_exit, find_socket(list, numbers[0]) == NULL &&
				      find_descriptor(self, (int)fds[0]) == NULL
				  ? 0
				  : 1);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(set_sysctl("security.bsd.see_other_uids", 1), 0);
	for (int i = 0; i < 3; i++)
		(void)SYS(SYS_close, fds[i]);
	(void)SYS(SYS_unlink, name.sun_path);
}

static struct kinfo_vmentry *
find_entry(long n, uint64_t va)
{
	struct kinfo_vmentry *kve;

	for (long at = 0; at < n; at += kve->kve_structsize) {
		kve = (struct kinfo_vmentry *)(buf + at);
		if (kve->kve_structsize <= 0)
			break;
		if (va >= kve->kve_start && va < kve->kve_end)
			return (kve);
	}
	return (NULL);
}

static void
memory(void)
{
	char *area = map_anon(8 * 4096, MAP_ANON_PRIVATE);
	struct kinfo_vmentry *kve;
	struct kinfo_sigtramp *tramp;
	struct kinfo_vm_layout *kvm;
	long n;

	area[0] = area[4096] = 1;
	n = ask(KERN_PROC_VMMAP, self);
	CHECK(n > 0);
	kve = find_entry(n, (uint64_t)&main);
	CHECK(kve != NULL);
	if (kve != NULL) {
		CHECK_EQ(kve->kve_type, KVME_TYPE_VNODE);
		CHECK_EQ(kve->kve_protection, KVME_PROT_READ | KVME_PROT_EXEC);
		CHECK(kve->kve_path[0] == '/');
		CHECK(kve->kve_resident > 0);
	}
	kve = find_entry(n, (uint64_t)area);
	CHECK(kve != NULL);
	if (kve != NULL) {
		CHECK_EQ(kve->kve_type, KVME_TYPE_SWAP);
		CHECK(kve->kve_private_resident >= 2);
		CHECK(kve->kve_flags & KVME_FLAG_COW);
		CHECK_EQ(kve->kve_path[0], 0);
	}
	CHECK(find_entry(n, (uint64_t)&n) != NULL);
	CHECK(find_entry(n, 0x1000) == NULL);
	CHECK_EQ(ask(KERN_PROC_SIGTRAMP, self), sizeof(*tramp));
	tramp = (struct kinfo_sigtramp *)buf;
	CHECK(tramp->ksigtramp_end > tramp->ksigtramp_start);
	CHECK_EQ(ask(KERN_PROC_VM_LAYOUT, self), sizeof(*kvm));
	kvm = (struct kinfo_vm_layout *)buf;
	CHECK((uint64_t)&n > kvm->kvm_stack_addr);
	CHECK((uint64_t)&main >= kvm->kvm_text_addr &&
	      (uint64_t)&main < kvm->kvm_text_addr + kvm->kvm_text_size);
	CHECK_EQ(kvm->kvm_shp_size, 4096);
}

/* The strings that this program was started with. */
static void
strings(char **argv)
{
	int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, 0};
	static const char title[] = "kinfo: busy";
	char **env = argv;
	uint64_t *auxv;
	size_t len = 0;
	long n;

	while (*env != NULL)
		env++;
	env++;
	n = ask(KERN_PROC_ENV, self);
	for (int i = 0; env[i] != NULL; i++) {
		CHECK(same_text(buf + len, env[i]));
		len += length(env[i]) + 1;
	}
	CHECK_EQ(n, len);
	while (*env != NULL)
		env++;
	auxv = (uint64_t *)(env + 1);
	n = ask(KERN_PROC_AUXV, self);
	CHECK(n > 64 && n % 16 == 0);
	for (long i = 0; i < n / 8; i++)
		CHECK_EQ(((uint64_t *)buf)[i], auxv[i]);
	CHECK(ask(KERN_PROC_ARGS, self) > 0);
	CHECK(same_text(buf, argv[0]));
	CHECK(ask(KERN_PROC_PATHNAME, -1) > 0);
	CHECK(buf[0] == '/');
	/* Who asks is named by another number here and there. */
	CHECK(ask(KERN_PROC_ARGS, -1) > 0);
	CHECK(ask(KERN_PROC_GROUPS, -1) > 0);
	CHECK_EQ(ask(KERN_PROC_UMASK, 0), 2);
	CHECK_EQ(ask(KERN_PROC_NFDS, 0), 4);
	CHECK_EQ(ask(KERN_PROC_CWD, -1), -ESRCH);
	CHECK_EQ(ask(KERN_PROC_FILEDESC, -1), -ESRCH);
	CHECK_EQ(ask(KERN_PROC_UMASK, -1), -ESRCH);
	/* setproctitle(3): a process names itself, not others. */
	name[3] = self;
	CHECK_EQ(
	    SYS(SYS___sysctl, name, 4, NULL, NULL, title, sizeof(title)), 0);
	CHECK_EQ(ask(KERN_PROC_ARGS, self), sizeof(title));
	CHECK(same_text(buf, title));
	name[3] = 1;
	CHECK_EQ(SYS(SYS___sysctl, name, 4, NULL, NULL, title, sizeof(title)),
	    -EPERM);
	name[3] = self;
	CHECK_EQ(SYS(SYS___sysctl, name, 4, NULL, NULL, 16, 8), -EFAULT);
	CHECK(ask(KERN_PROC_SV_NAME, self) > 0);
	CHECK(same_text(buf, "FreeBSD ELF64"));
}

static void
values(void)
{
	struct rlimit rl, *got = (struct rlimit *)buf;
	long child, status;

	(void)SYS(SYS_umask, 027);
	CHECK_EQ(ask(KERN_PROC_UMASK, self), 2);
	CHECK_EQ(*(uint16_t *)buf, 027);
	CHECK_EQ(ask(KERN_PROC_OSREL, self), 4);
	CHECK_EQ(*(int *)buf, 1500068);
	CHECK(ask(KERN_PROC_GROUPS, self) >= 4);
	CHECK_EQ(*(gid_t *)buf, 0);
	CHECK_EQ(SYS(SYS_getrlimit, RLIMIT_NOFILE, &rl), 0);
	CHECK_EQ(
	    ask_n(KERN_PROC_RLIMIT, self, RLIMIT_NOFILE, 2, buf), sizeof(rl));
	CHECK_EQ(got->rlim_cur, rl.rlim_cur);
	CHECK_EQ(ask_n(KERN_PROC_RLIMIT, self, 99, 2, buf), -EINVAL);
	CHECK_EQ(ask(KERN_PROC_RLIMIT, self), -EINVAL);
	CHECK_EQ(ask(KERN_PROC_PS_STRINGS, self), 8);
	CHECK(*(uint64_t *)buf > (uint64_t)&child);
	CHECK_EQ(ask(KERN_PROC_UMASK, 99998), -ESRCH);
	/* Somebody else's memory and files are private. */
	child = SYS(SYS_fork);
	if (SYS(SYS_getpid) != self) {
		(void)SYS(SYS_setuid, 4711);
		status = ask(KERN_PROC_VMMAP, self) == -EPERM &&
			 ask(KERN_PROC_ENV, self) == -EPERM &&
			 ask(KERN_PROC_FILEDESC, self) == -EPERM &&
			 ask(KERN_PROC_PID, self) > 0 &&
			 ask(KERN_PROC_ARGS, self) > 0;
		(void)SYS(SYS_exit, status ? 0 : 1);
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ((int)status, 0);
}

/* Asking about processes that come and go. */
static void
churn(void)
{
	static const int what[] = {KERN_PROC_FILEDESC, KERN_PROC_VMMAP,
	    KERN_PROC_ENV, KERN_PROC_ARGS, KERN_PROC_PATHNAME, KERN_PROC_CWD};
	long asker = SYS(SYS_fork), pid, n;

	if (SYS(SYS_getpid) != self) {
		for (int i = 0; i < 150; i++) {
			pid = SYS(SYS_fork);
			if (SYS(SYS_getpid) != pid && pid > 0 &&
			    SYS(SYS_wait4, pid, NULL, 0, 0) == pid)
				continue;
			(void)SYS(SYS_exit, 0);
		}
		(void)SYS(SYS_exit, 0);
	}
	while (SYS(SYS_wait4, asker, NULL, 1, 0) == 0) {
		n = ask_n(KERN_PROC_ALL, 0, 0, 0, buf);
		CHECK(n > 0);
		pid = record((int)(n / (long)sizeof(struct kinfo_proc)) - 1)
			  ->ki_pid;
		for (unsigned i = 0; i < 6; i++) {
			n = ask(what[i], (int)pid);
			CHECK(n >= 0 || n == -ESRCH || n == -ENOENT ||
			      n == -EFAULT || n == -ENOEXEC);
		}
	}
}

int
main(int argc, char **argv)
{
	buf = map_anon(ROOM, MAP_ANON_PRIVATE);
	self = (pid_t)SYS(SYS_getpid);
	processes();
	processors();
	threads();
	files();
	shared();
	pairs();
	senders();
	memory();
	strings(argv);
	values();
	churn();
	return (result("kinfo"));
}
