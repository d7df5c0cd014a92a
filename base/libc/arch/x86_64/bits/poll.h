/* SPDX-License-Identifier: BSD-2-Clause */
#define POLLWRNORM POLLOUT
#define POLLWRBAND 0x0100
#define POLLRDHUP  0x4000
