/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of the NBD protocol, as far as QEMU asks for it:
 * NetworkBlockDevice/nbd, doc/proto.md.
 */
#ifndef TESTS_DISK_NBD_H
#define TESTS_DISK_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NBD_READ, NBD_WRITE, NBD_DISC, NBD_FLUSH };
#define NBD_EIO 5

/* What there is to be had; the last one's name is NULL. */
struct nbd_export {
	const char *name;
	uint64_t size;
};

struct nbd_request {
	uint16_t type;
	uint64_t handle, offset, length;
};

/* All of it: false, or silence, if the other side doesn't listen any more. */
bool nbd_get(int fd, void *buf, size_t n);
void nbd_put(int fd, const void *buf, size_t n);

int nbd_listen(const char *path, int clients);
/* A client that has connected chooses an export; false: it went again. */
bool nbd_negotiate(int fd, const struct nbd_export *exports, uint32_t *chosen);
/* A write's data follow it; what is read follows the answer. */
bool nbd_request(int fd, struct nbd_request *r);
void nbd_answer(int fd, uint64_t handle, uint32_t error);

/* Runs a command; *ended can be read when it and its children are gone. */
pid_t nbd_start(char **command, int *ended);

#endif
