/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets of the family AF_UNIX, unix(4). */
#ifndef FBSD_NUM_UN_H
#define FBSD_NUM_UN_H

struct sockaddr_un {
	unsigned char sun_len; /* of the whole, as far as it is used */
	unsigned char sun_family;
	char sun_path[104]; /* without a NUL if it fills all */
};

#define SOL_LOCAL	       0
#define LOCAL_PEERCRED	       1
#define LOCAL_CREDS	       2
#define LOCAL_CREDS_PERSISTENT 3

#endif
