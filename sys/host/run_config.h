/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_RUN_CONFIG_H
#define HOST_RUN_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The archive's imp.run: strings `key=value`, each ended by a NUL, that say
 * what to run.  All pointers lead into the text.
 */
struct run_config {
	const char *rc_text;
	size_t rc_size;
	const char *rc_path; /* of the program */
	const char *rc_cwd;  /* "/" if not given */
	uint64_t rc_time;    /* ns since 1970; 0: not given */
	uint64_t rc_tty;     /* bit n: descriptor n is the terminal */
	uint64_t rc_rows;    /* its size; 0: unknown */
	uint64_t rc_cols;
	uint64_t rc_trace; /* not 0: trace system calls */
	uint64_t rc_uid;   /* whom the program runs as; 0: root */
	uint64_t rc_gid;
	size_t rc_argc;
	size_t rc_envc;
};

/*
 * False if the text isn't one that says what to run.  Keys that are unknown
 * are ignored.
 */
bool run_config_parse(struct run_config *rc, const char *text, size_t size);

/*
 * The values of a key that may come several times ("arg", "env"), in order:
 * list has room for all, and a NULL behind.
 */
void run_config_list(const struct run_config *rc, const char *key, char **list);

#endif
