/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest writes to faildisk's second disk, at its start, and reads. */
#ifndef TESTS_DISK_FAILDISK_H
#define TESTS_DISK_FAILDISK_H

#include <stdint.h>

enum { FAIL_READ, FAIL_WRITE, FAIL_FLUSH, FAIL_KINDS };
#define FAIL_ALL UINT32_MAX

/* So many requests are carried out, and then so many fail, or aren't answered
 * until there are other orders; of those that touch the bytes [start, end) of
 * the disk. */
struct fail_order {
	uint32_t pass;
	uint32_t fail;
	uint64_t start;
	uint64_t end;  /* 0: everywhere */
	uint64_t hold; /* they aren't answered */
};

#define FAIL_SECTOR 512
union fail_orders {
	struct {
		struct fail_order order[FAIL_KINDS];
		uint32_t failed; /* requests, since this was written, */
		uint32_t held;	 /* and those that aren't answered yet */
	};
	uint8_t sector[FAIL_SECTOR];
};

#endif
