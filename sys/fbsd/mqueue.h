/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX message queues: what mq_open(3) and kin pass. */
#ifndef FBSD_MQUEUE_H
#define FBSD_MQUEUE_H

#include "lib/types.h"

#define MQ_PRIO_MAX 64

struct mq_attr {
	int64_t mq_flags;   /* O_NONBLOCK */
	int64_t mq_maxmsg;  /* most messages */
	int64_t mq_msgsize; /* most bytes of each */
	int64_t mq_curmsgs;
	int64_t spare[4];
};
_Static_assert(sizeof(struct mq_attr) == 64, "struct mq_attr");

#endif
