/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of signals; include/signal.h has the rest. */
#include <fbsd/signal.h>

#define SIGIOT	SIGABRT
#define SIGPOLL SIGIO
#define _NSIG	NSIG
