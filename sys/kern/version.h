/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_VERSION_H
#define KERN_VERSION_H

/* What Imp presents itself as to FreeBSD programs. */
#define VERSION_OSTYPE	  "FreeBSD"
#define VERSION_OSRELEASE "15.0-RELEASE"
#define VERSION_OSRELDATE 1500068
#define IMP_VERSION	  "0.1"
#define VERSION_TEXT                                                           \
	VERSION_OSTYPE " " VERSION_OSRELEASE " Imp " IMP_VERSION               \
		       " " KERN_IDENT "\n"

#endif
