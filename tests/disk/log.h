/* SPDX-License-Identifier: BSD-2-Clause */
/* What logdisk writes down and replay reads: all that happened, in order. */
#ifndef TESTS_DISK_LOG_H
#define TESTS_DISK_LOG_H

#include <stdint.h>

enum log_kind {
	LOG_WRITE,   /* asked for; the data follow */
	LOG_FLUSH,   /* asked for */
	LOG_DONE,    /* the write was answered */
	LOG_FLUSHED, /* the flush was */
};

struct log_event {
	uint32_t kind;
	uint32_t disk;	 /* 0, or 1 for the marks */
	uint64_t id;	 /* of the request */
	uint64_t offset; /* LOG_WRITE */
	uint64_t length;
};

#endif
