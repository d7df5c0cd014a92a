/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of geom(8) and gpart(8), that come by /dev/geom.ctl: a class, a
 * verb, and arguments by name.  What goes wrong is said in words.
 */
#ifndef DISK_GEOM_CTL_H
#define DISK_GEOM_CTL_H

#include "lib/types.h"

struct disk;

#define GEOM_ERROR_SIZE 256

struct geom_arg {
	char *ga_name;
	size_t ga_nlen;
	void *ga_value; /* ga_len bytes; of what is only written, zeroes */
	size_t ga_len;
	bool ga_read;	 /* by the kernel */
	bool ga_written; /* it may be */
	bool ga_text;	 /* it ends with a NUL */
	bool ga_changed; /* it was */
	void __user *ga_to;
};

struct geom_req {
	struct geom_arg *gr_args;
	unsigned gr_count;
	char gr_error[GEOM_ERROR_SIZE]; /* the first, or "" */
};

/* Says what is wrong, if nothing has been said yet; returns `error`. */
int geom_error(struct geom_req *req, int error, const char *fmt, ...)
    __printflike(3, 4);
/* An argument's text; NULL: there is none. */
const char *geom_text(const struct geom_req *req, const char *name);
/* The bytes of one that has just so many; or NULL. */
const void *geom_bytes(
    const struct geom_req *req, const char *name, size_t len);
struct geom_arg *geom_find(const struct geom_req *req, const char *name);
/* What the tool shows, if it asked for that. */
void geom_output(struct geom_req *req, const char *fmt, ...) __printflike(2, 3);

/* geom_part.c: what a GPT has room for, also one that isn't written yet. */
struct geom_room {
	uint64_t first, last; /* sectors */
	unsigned entries;
	bool corrupt; /* one copy isn't what it should be */
	bool pending; /* it isn't written */
};
void geom_part_room(struct disk *dp, struct geom_room *room) __sleeps;
/* Class PART. */
void geom_part_request(struct geom_req *req, const char *verb) __sleeps;

#endif
