/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp_adjtime(2). */
#ifndef FBSD_TIMEX_H
#define FBSD_TIMEX_H

#include "fbsd/time.h"

#define MOD_OFFSET    0x0001
#define MOD_FREQUENCY 0x0002
#define MOD_MAXERROR  0x0004
#define MOD_ESTERROR  0x0008
#define MOD_STATUS    0x0010
#define MOD_TIMECONST 0x0020
#define MOD_PPSMAX    0x0040
#define MOD_TAI	      0x0080
#define MOD_MICRO     0x1000
#define MOD_NANO      0x2000

#define STA_UNSYNC    0x0040
#define STA_NANO      0x2000
#define TIME_OK	      0
#define TIME_ERROR    5

struct ntptimeval {
	struct timespec time;
	long maxerror; /* us */
	long esterror; /* us */
	long tai;      /* s */
	int time_state;
};
_Static_assert(sizeof(struct ntptimeval) == 48, "struct ntptimeval");

struct timex {
	unsigned modes;
	long offset;
	long freq;
	long maxerror;
	long esterror;
	int status;
	long constant;
	long precision;
	long tolerance;
	long ppsfreq;
	long jitter;
	int shift;
	long stabil;
	long jitcnt;
	long calcnt;
	long errcnt;
	long stbcnt;
};
_Static_assert(sizeof(struct timex) == 136, "struct timex");

#endif
