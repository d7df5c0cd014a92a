/* SPDX-License-Identifier: BSD-2-Clause */
/* pdfork(2). */
#ifndef FBSD_PROCDESC_H
#define FBSD_PROCDESC_H

#define PD_DAEMON  0x1 /* closing doesn't kill */
#define PD_CLOEXEC 0x2

#endif
