/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accounting.  A process that ends leaves its record in a ring, from where a
 * thread writes it to the file; so nobody's end waits for a disk, and neither
 * limits nor rights of the process matter.  When the ring is full, records are
 * lost.
 *
 * Each file that acct(2) names has a ring and a thread, which ends when another
 * file or none takes its place, and all that is in the ring is written.
 */
#include "core/printf.h"
#include "core/sysctl.h"
#include "fbsd/acct.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "kern/uio.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "time/time.h"
#include "tty/tty.h"
#include "vfs/acct.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

#define RING 512u

/* (l) lock, (!) set once, (t) its thread alone. */
struct accounting {
	unsigned ac_refs;      /* (atomic) its thread, and who ends it */
	struct file *ac_file;  /* (!) held by the thread */
	struct cv ac_work;     /* (l) there are records, or ac_ending */
	bool ac_ending;	       /* (l) no more records come */
	bool ac_ended;	       /* (l) all are written, and the file closed */
	struct cv ac_over;     /* (l) ac_ended */
	bool ac_suspended;     /* (l) there is no room for records */
	uint64_t ac_due;       /* (t) clock_ns(): when to look at the room */
	struct statfs ac_room; /* (t) */
	unsigned ac_first;     /* (l) in the ring */
	unsigned ac_count;     /* (l) records, which the thread may read without
				  the lock */
	unsigned long ac_lost; /* (l) records that weren't written */
	struct acctv3 ac_ring[RING];
};

static struct spin acct_lock = SPIN_INITIALIZER("accounting");

struct accounting *accounting; /* written with the lock */

static int suspend_below = 2; /* (a) per cent of the file system are free */
static int resume_above = 4;  /* (a) */
static int check_every = 15;  /* (a) s */
SYSCTL_INT(
    acct_suspend, "kern.acct_suspend", CTL_AUTO, CTLFLAG_RW, &suspend_below);
SYSCTL_INT(
    acct_resume, "kern.acct_resume", CTL_AUTO, CTLFLAG_RW, &resume_above);

static int
sysctl_chkfreq(const struct sysctl_node *node, struct sysctl_req *req)
{
	int seconds = atomic_load(&check_every);
	int error = sysctl_out(req, &seconds, sizeof(seconds));

	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &seconds, sizeof(seconds));
	if (error == 0 && seconds <= 0)
		error = EINVAL;
	if (error == 0)
		atomic_store(&check_every, seconds);
	return (error);
}
SYSCTL_PROC(acct_chkfreq, "kern.acct_chkfreq", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RW, "I", sysctl_chkfreq, NULL);

static int
sysctl_configured(const struct sysctl_node *node, struct sysctl_req *req)
{
	const int on = atomic_load(&accounting) != NULL;

	return (sysctl_out(req, &on, sizeof(on)));
}
SYSCTL_PROC(acct_configured, "kern.acct_configured", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_configured, NULL);

static int
sysctl_suspended(const struct sysctl_node *node, struct sysctl_req *req)
{
	int suspended;

	spin_lock(&acct_lock);
	suspended = accounting != NULL && accounting->ac_suspended;
	spin_unlock(&acct_lock);
	return (sysctl_out(req, &suspended, sizeof(suspended)));
}
SYSCTL_PROC(acct_suspended, "kern.acct_suspended", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_suspended, NULL);

/* The bits of a number's nearest float that isn't larger. */
static uint32_t
float_bits(uint64_t n)
{
	unsigned top;

	if (n == 0)
		return (0);
	top = 63 - (unsigned)__builtin_clzll(n);
	n = top > 23 ? n >> (top - 23) : n << (23 - top);
	return ((127 + top) << 23 | ((uint32_t)n & 0x7fffff));
}

static uint64_t
timeval_us(struct timeval tv)
{
	return ((uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec);
}

uint8_t
acct_flags(const struct proc *p)
{
	return ((uint8_t)(((p->p_flags & P_EXEC) == 0 ? AFORK : 0) |
			  (p->p_xsig != 0 ? AXSIG : 0)));
}

/* ac_mem is 0, as are the sums of ru_ixrss and kin, which it is made of. */
static void
fill(struct acctv3 *r, struct proc *p)
{
	const uint64_t life = clock_ns() - p->p_start;
	const struct session *s = p->p_pgrp->pg_session;
	const struct cred *cr = p->p_image.cred;
	const bool tty = (p->p_flags & P_CONTROLT) != 0 && s->s_tty != NULL;
	struct rusage ru;

	proc_rusage(p, &ru);
	*r = (struct acctv3){.ac_version = AC_VERSION,
	    .ac_len = sizeof(*r),
	    .ac_utime = float_bits(timeval_us(ru.ru_utime)),
	    .ac_stime = float_bits(timeval_us(ru.ru_stime)),
	    .ac_etime = float_bits(life / 1000),
	    .ac_btime = (int64_t)((time_realtime() - life) / NSEC_PER_SEC),
	    .ac_uid = cr->cr_ruid,
	    .ac_gid = cr->cr_rgid,
	    .ac_io = float_bits((uint64_t)(ru.ru_inblock + ru.ru_oublock)),
	    .ac_tty = tty ? tty_dev(s->s_tty) : (dev_t)-1,
	    .ac_len2 = sizeof(*r),
	    .ac_flag = ANVER | acct_flags(p)};
	memcpy(r->ac_comm, p->p_comm, AC_COMM_LEN);
}

/* n records are lost, which is said of the first ones. (lock) */
static void
lose(struct accounting *ac, unsigned n)
{
	if (ac->ac_lost == 0 && n > 0)
		kprintf("Accounting: records can't be written, or not as fast "
			"as processes end; some are lost\n");
	ac->ac_lost += n;
}

void
acct_record(struct proc *p)
{
	struct accounting *ac;
	struct acctv3 r;

	fill(&r, p);
	spin_lock(&acct_lock);
	ac = accounting;
	if (ac == NULL || ac->ac_suspended) {
		/* Nobody wants it. */
	} else if (ac->ac_count == RING) {
		lose(ac, 1);
	} else {
		ac->ac_ring[(ac->ac_first + ac->ac_count) % RING] = r;
		if (ac->ac_count++ == 0)
			cv_signal(&ac->ac_work);
	}
	spin_unlock(&acct_lock);
}

/* The file system's room decides whether there are records. */
static void
look_at_room(struct accounting *ac)
{
	const struct statfs *sf = &ac->ac_room;
	const bool was = ac->ac_suspended;
	__int128 free, all;
	bool suspended;

	ac->ac_due =
	    clock_ns() + (uint64_t)atomic_load(&check_every) * NSEC_PER_SEC;
	if (vfs_statfs(ac->ac_file->f_vnode->v_mount, &ac->ac_room) != 0)
		return;
	free = (__int128)sf->f_bavail * 100;
	all = sf->f_blocks;
	suspended = was ? free <= all * atomic_load(&resume_above)
			: free <= all * atomic_load(&suspend_below);
	if (suspended == was)
		return;
	spin_lock(&acct_lock);
	ac->ac_suspended = suspended;
	spin_unlock(&acct_lock);
	kprintf("Accounting %s\n", suspended ? "suspended" : "resumed");
}

/* A record of which only a part was written isn't there. */
static void
cut(struct vnode *vp, uint64_t written_to, uint64_t size)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = size};

	vn_prefetch_size(vp, size);
	vp = vp->v_base;
	rw_wlock(&vp->v_lock);
	if (vn_size(vp) == written_to)
		(void)vop_setattr(vp, &va);
	rw_wunlock(&vp->v_lock);
}

/* The first n of the ring, which follow each other: how many were written. */
static unsigned
write_records(struct accounting *ac, unsigned n)
{
	struct vnode *vp = ac->ac_file->f_vnode;
	const size_t len = n * sizeof(struct acctv3);
	size_t done, rest;
	struct iovec iov;
	struct uio uio;

	uio_init(&uio, &iov, (uintptr_t)&ac->ac_ring[ac->ac_first], len, 0,
	    false, true);
	(void)vn_write(vp, &uio, IO_APPEND);
	done = len - uio.uio_resid;
	rest = done % sizeof(struct acctv3);
	if (rest != 0)
		cut(vp, (uint64_t)uio.uio_offset,
		    (uint64_t)uio.uio_offset - rest);
	return ((unsigned)(done / sizeof(struct acctv3)));
}

/* Waits for records, until it is time to look at the room: so many follow each
 * other in the ring.  False: there are none and will be none. */
static bool
wait_for_records(struct accounting *ac, unsigned *n)
{
	bool more;

	spin_lock(&acct_lock);
	while (ac->ac_count == 0 && !ac->ac_ending && clock_ns() < ac->ac_due)
		(void)cv_timedwait_spin(&ac->ac_work, &acct_lock, ac->ac_due);
	*n = MIN(ac->ac_count, RING - ac->ac_first);
	more = *n > 0 || !ac->ac_ending;
	spin_unlock(&acct_lock);
	return (more);
}

static void
drop(struct accounting *ac)
{
	if (refcount_drop(&ac->ac_refs))
		kmem_free(ac, sizeof(*ac));
}

static void
acct_main(void *arg)
{
	struct accounting *ac = arg;
	unsigned n, written;

	while (wait_for_records(ac, &n)) {
		written = n > 0 ? write_records(ac, n) : 0;
		spin_lock(&acct_lock);
		ac->ac_first = (ac->ac_first + n) % RING;
		ac->ac_count -= n;
		lose(ac, n - written);
		spin_unlock(&acct_lock);
		if (clock_ns() >= ac->ac_due)
			look_at_room(ac);
	}
	file_release(ac->ac_file);
	spin_lock(&acct_lock);
	ac->ac_ended = true;
	cv_broadcast(&ac->ac_over);
	spin_unlock(&acct_lock);
	drop(ac);
	thread_exit(curthread());
}

/* No records come to it any more: waits until those there are written. */
static int
finish(struct accounting *ac)
{
	int error = 0;

	spin_lock(&acct_lock);
	ac->ac_ending = true;
	cv_signal(&ac->ac_work);
	while (!ac->ac_ended && error == 0)
		error = cv_wait_spin_kill(&ac->ac_over, &acct_lock);
	spin_unlock(&acct_lock);
	drop(ac);
	return (error);
}

/* This one, or none, takes the place of what there is. */
static int
replace(struct accounting *ac)
{
	struct accounting *old;

	spin_lock(&acct_lock);
	old = accounting;
	atomic_store(&accounting, ac);
	spin_unlock(&acct_lock);
	if ((old != NULL) != (ac != NULL))
		kprintf("Accounting %s\n", ac != NULL ? "enabled" : "disabled");
	return (old != NULL ? finish(old) : 0);
}

/* Takes the file over, if there is memory. */
static struct accounting *
start(struct file *fp)
{
	struct accounting *ac = kmem_alloc(sizeof(*ac), KM_ZERO);

	if (ac == NULL)
		return (NULL);
	ac->ac_refs = 2;
	ac->ac_file = fp;
	cv_init(&ac->ac_work, "acct");
	cv_init(&ac->ac_over, "acctend");
	if (kthread_create("accounting", acct_main, ac) != NULL)
		return (ac);
	kmem_free(ac, sizeof(*ac));
	return (NULL);
}

/* A device or a named pipe isn't opened at all: that may do something. */
static int
open_records(struct thread *td, const char *path, struct file **fpp)
{
	struct namei nd;
	int error = namei_at(td, &nd, AT_FDCWD, path, NAMEI_FOLLOW);

	if (error != 0)
		return (error);
	if (nd.nd_vp->v_type == VCHR || nd.nd_vp->v_type == VFIFO)
		error = EACCES;
	else
		error = vn_open_known(td, nd.nd_vp, FWRITE | O_APPEND, fpp);
	namei_done(&nd);
	return (error);
}

int
kern_acct(struct thread *td, const char *path)
{
	struct accounting *ac;
	struct file *fp;
	int error = open_records(td, path, &fp);

	if (error != 0)
		return (error);
	ac = start(fp);
	if (ac == NULL) {
		file_release(fp);
		return (ENOMEM);
	}
	return (replace(ac));
}

int
kern_acct_end(void)
{
	return (replace(NULL));
}

void
acct_unmount(uint64_t fsid)
{
	struct accounting *ac;

	spin_lock(&acct_lock);
	ac = accounting;
	if (ac != NULL && ac->ac_file->f_vnode->v_mount->mnt_fsid == fsid)
		atomic_store(&accounting, NULL);
	else
		ac = NULL;
	spin_unlock(&acct_lock);
	if (ac == NULL)
		return;
	kprintf("Accounting disabled\n");
	(void)finish(ac);
}
