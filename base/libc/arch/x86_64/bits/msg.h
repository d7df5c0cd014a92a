/* SPDX-License-Identifier: BSD-2-Clause */
struct msqid_ds {
	struct ipc_perm msg_perm;
	void *__msg_first;
	void *__msg_last;
	msglen_t msg_cbytes;
	msgqnum_t msg_qnum;
	msglen_t msg_qbytes;
	pid_t msg_lspid;
	pid_t msg_lrpid;
	time_t msg_stime;
	time_t msg_rtime;
	time_t msg_ctime;
};
