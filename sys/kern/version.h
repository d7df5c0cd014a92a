/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_VERSION_H
#define KERN_VERSION_H

/* What Imp presents itself as to FreeBSD programs. */
#define KERN_OSTYPE    "FreeBSD"
#define KERN_OSRELEASE "15.0-RELEASE"
#define KERN_OSRELDATE 1500068
#define IMP_VERSION    "0.1"
#define KERN_VERSION                                                           \
	KERN_OSTYPE " " KERN_OSRELEASE " Imp " IMP_VERSION " " KERN_IDENT "\n"

#endif
