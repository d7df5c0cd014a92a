/* SPDX-License-Identifier: BSD-2-Clause */
#define RLIMIT_RSS     5
#define RLIMIT_MEMLOCK 6
#define RLIMIT_NPROC   7
#define RLIMIT_NOFILE  8
#define RLIMIT_SBSIZE  9
#define RLIMIT_AS      10
#define RLIMIT_VMEM    RLIMIT_AS
