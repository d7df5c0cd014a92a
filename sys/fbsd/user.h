/* SPDX-License-Identifier: BSD-2-Clause */
/* What ps(1), procstat(1), fstat(1) and top(1) ask for by sysctl(3). */
#ifndef FBSD_USER_H
#define FBSD_USER_H

#include "fbsd/resource.h"
#include "fbsd/signal.h"

#define KI_POINTER(type) uint64_t
#define KI_SIGSET	 sigset_t
#define KI_RUSAGE	 struct rusage
#include "fbsd/num/user.h"

_Static_assert(sizeof(struct kinfo_proc) == 1088, "struct kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, ki_siglist) == 104, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, ki_size) == 256, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, ki_comm) == 447, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, ki_tdev) == 560, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, ki_rusage) == 608, "kinfo_proc");

/* ki_flag */
#define KP_CONTROLT    0x00000002
#define KP_KPROC       0x00000004
#define KP_PPWAIT      0x00000010
#define KP_HADTHREADS  0x00000080
#define KP_SUGID       0x00000100
#define KP_SYSTEM      0x00000200
#define KP_WAITED      0x00001000
#define KP_WEXIT       0x00002000
#define KP_EXEC	       0x00004000
#define KP_CONTINUED   0x00010000
#define KP_STOPPED_SIG 0x00020000
#define KP_INMEM       0x10000000

/* ki_tdflags */
#define KTDF_SINTR  0x00000008
#define KTDF_IDLETD 0x00000020

/* ki_pri: the ranges of FreeBSD's classes */
#define KPRI_REALTIME  48
#define KPRI_TIMESHARE 120
#define KPRI_IDLE      224

/* kern.proc.filedesc, F_KINFO */
#define KF_ATTR_VALID	 0x1 /* kf_status */

#define KF_TYPE_NONE	 0
#define KF_TYPE_VNODE	 1
#define KF_TYPE_SOCKET	 2
#define KF_TYPE_PIPE	 3
#define KF_TYPE_FIFO	 4
#define KF_TYPE_KQUEUE	 5
#define KF_TYPE_MQUEUE	 7
#define KF_TYPE_SHM	 8
#define KF_TYPE_SEM	 9
#define KF_TYPE_PTS	 10
#define KF_TYPE_PROCDESC 11
#define KF_TYPE_EVENTFD	 13
#define KF_TYPE_TIMERFD	 14
#define KF_TYPE_INOTIFY	 15
#define KF_TYPE_UNKNOWN	 255

#define KF_VTYPE_UNKNOWN 255 /* else as enum vtype */

#define KF_FD_TYPE_CWD	 (-1)
#define KF_FD_TYPE_ROOT	 (-2)
#define KF_FD_TYPE_JAIL	 (-3)
#define KF_FD_TYPE_TEXT	 (-5)
#define KF_FD_TYPE_CTTY	 (-6)

#define KF_FLAG_READ	 0x001
#define KF_FLAG_WRITE	 0x002
#define KF_FLAG_APPEND	 0x004
#define KF_FLAG_ASYNC	 0x008
#define KF_FLAG_FSYNC	 0x010
#define KF_FLAG_NONBLOCK 0x020
#define KF_FLAG_DIRECT	 0x040

#define KF_EFD_SEMAPHORE 0x1 /* kf_eventfd_flags */

#define KF_PATH_MAX	 1024

/* kern.file. What is an address in FreeBSD's is a number here, or 0. */
struct xfile {
	uint64_t xf_size; /* of this */
	int xf_pid;
	uint32_t xf_uid;
	int xf_fd;
	int xf_pad1;
	uint64_t xf_file;
	int16_t xf_type; /* DTYPE_* */
	int16_t xf_pad2;
	int xf_count;
	int xf_msgcount;
	int xf_pad3;
	int64_t xf_offset;
	uint64_t xf_data; /* a socket's, as kf_sock_pcb */
	uint64_t xf_vnode;
	uint32_t xf_flag; /* FREAD, FWRITE, O_* */
	int xf_pad4;
	int64_t xf_spare[6];
};
_Static_assert(sizeof(struct xfile) == 128, "struct xfile");

struct kf_sockaddr {
	uint8_t ss_len;
	uint8_t ss_family;
	uint8_t ss_data[126];
} __attribute__((aligned(8)));
_Static_assert(sizeof(struct kf_sockaddr) == 128, "sockaddr_storage");

struct kinfo_file {
	int kf_structsize;
	int kf_type;
	int kf_fd;
	int kf_ref_count;
	int kf_flags;
	int kf_pad0;
	int64_t kf_offset;
	union {
		struct {
			uint32_t kf_sock_sendq;
			int kf_sock_domain;
			int kf_sock_type;
			int kf_sock_protocol;
			struct kf_sockaddr kf_sa_local;
			struct kf_sockaddr kf_sa_peer;
			uint64_t kf_sock_pcb;
			uint64_t kf_sock_inpcb;
			uint64_t kf_sock_unpconn;
			uint16_t kf_sock_snd_sb_state;
			uint16_t kf_sock_rcv_sb_state;
			uint32_t kf_sock_recvq;
		} kf_sock;
		struct {
			int kf_file_type;
			int kf_spareint[3];
			uint64_t kf_spareint64[29];
			uint64_t kf_file_nlink;
			uint64_t kf_file_fsid;
			uint64_t kf_file_rdev;
			uint64_t kf_file_fileid;
			uint64_t kf_file_size;
			uint32_t kf_file_fsid_freebsd11;
			uint32_t kf_file_rdev_freebsd11;
			uint16_t kf_file_mode;
			uint16_t kf_file_pad0;
			uint32_t kf_file_pad1;
		} kf_file;
		struct {
			uint32_t kf_spareint[4];
			uint64_t kf_spareint64[32];
			uint32_t kf_sem_value;
			uint16_t kf_sem_mode;
		} kf_sem;
		struct {
			uint32_t kf_spareint[4];
			uint64_t kf_spareint64[32];
			uint64_t kf_pipe_addr;
			uint64_t kf_pipe_peer;
			uint32_t kf_pipe_buffer_cnt;
			uint32_t kf_pipe_buffer_in;
			uint32_t kf_pipe_buffer_out;
			uint32_t kf_pipe_buffer_size;
		} kf_pipe;
		struct {
			uint32_t kf_spareint[4];
			uint64_t kf_spareint64[32];
			uint32_t kf_pts_dev_freebsd11;
			uint32_t kf_pts_pad0;
			uint64_t kf_pts_dev;
			uint32_t kf_pts_pad1[4];
		} kf_pts;
		struct {
			uint32_t kf_spareint[4];
			uint64_t kf_spareint64[32];
			pid_t kf_pid;
		} kf_proc;
		struct {
			uint64_t kf_eventfd_value;
			uint32_t kf_eventfd_flags;
			uint32_t kf_eventfd_spareint[3];
			uint64_t kf_eventfd_addr;
		} kf_eventfd;
		struct {
			uint32_t kf_timerfd_clockid;
			uint32_t kf_timerfd_flags;
			uint64_t kf_timerfd_addr;
		} kf_timerfd;
		struct {
			uint64_t kf_inotify_npending;
			uint64_t kf_inotify_nbpending;
		} kf_inotify;
	} kf_un;
	uint16_t kf_status;
	uint16_t kf_pad1;
	int kf_ispare0;
	uint64_t kf_cap_rights[2];
	uint64_t kf_cap_spare;
	char kf_path[KF_PATH_MAX];
};
_Static_assert(sizeof(struct kinfo_file) == 1392, "struct kinfo_file");
_Static_assert(offsetof(struct kinfo_file, kf_un) == 32, "kinfo_file");
_Static_assert(offsetof(struct kinfo_file, kf_status) == 336, "kinfo_file");
_Static_assert(offsetof(struct kinfo_file, kf_path) == 368, "kinfo_file");

/* kern.proc.vmmap */
#define KVME_TYPE_NONE	     0
#define KVME_TYPE_VNODE	     2
#define KVME_TYPE_SWAP	     3
#define KVME_TYPE_DEVICE     4
#define KVME_TYPE_GUARD	     9

#define KVME_PROT_READ	     0x1
#define KVME_PROT_WRITE	     0x2
#define KVME_PROT_EXEC	     0x4

#define KVME_FLAG_COW	     0x01
#define KVME_FLAG_NEEDS_COPY 0x02
#define KVME_FLAG_NOCOREDUMP 0x04
#define KVME_FLAG_GROWS_DOWN 0x20
#define KVME_FLAG_USER_WIRED 0x40

struct kinfo_vmentry {
	int kve_structsize;
	int kve_type;
	uint64_t kve_start;
	uint64_t kve_end;
	uint64_t kve_offset;
	uint64_t kve_vn_fileid;
	uint32_t kve_vn_fsid_freebsd11;
	int kve_flags;
	int kve_resident;
	int kve_private_resident;
	int kve_protection;
	int kve_ref_count;
	int kve_shadow_count;
	int kve_vn_type;
	uint64_t kve_vn_size;
	uint32_t kve_vn_rdev_freebsd11;
	uint16_t kve_vn_mode;
	uint16_t kve_status;
	uint64_t kve_vn_fsid;
	uint64_t kve_vn_rdev;
	int kve_ispare[8];
	char kve_path[KF_PATH_MAX];
};
_Static_assert(sizeof(struct kinfo_vmentry) == 1160, "struct kinfo_vmentry");
_Static_assert(
    offsetof(struct kinfo_vmentry, kve_path) == 136, "kinfo_vmentry");

struct kinfo_sigtramp {
	uint64_t ksigtramp_start;
	uint64_t ksigtramp_end;
	uint64_t ksigtramp_spare[4];
};

struct kinfo_vm_layout {
	uint64_t kvm_min_user_addr;
	uint64_t kvm_max_user_addr;
	uint64_t kvm_text_addr;
	uint64_t kvm_text_size;
	uint64_t kvm_data_addr;
	uint64_t kvm_data_size;
	uint64_t kvm_stack_addr;
	uint64_t kvm_stack_size;
	int kvm_map_flags; /* KMAP_FLAG_* */
	uint64_t kvm_shp_addr;
	uint64_t kvm_shp_size;
	uint64_t kvm_spare[12];
};
#define KMAP_FLAG_WIREFUTURE 0x01
#define KMAP_FLAG_ASLR	     0x02

#endif
