/* SPDX-License-Identifier: BSD-2-Clause */
#define SHMLBA 4096

struct shmid_ds {
	struct ipc_perm shm_perm;
	size_t shm_segsz;
	pid_t shm_lpid;
	pid_t shm_cpid;
	unsigned shm_nattch;
	time_t shm_atime;
	time_t shm_dtime;
	time_t shm_ctime;
};
