/* SPDX-License-Identifier: BSD-2-Clause */
struct ipc_perm {
	uid_t cuid;
	gid_t cgid;
	uid_t uid;
	gid_t gid;
	unsigned short mode;
	unsigned short __ipc_perm_seq;
	key_t __ipc_perm_key;
};

#define IPC_R 0400
#define IPC_W 0200
#define IPC_M 010000
