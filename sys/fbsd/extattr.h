/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes: extattr(2). */
#ifndef FBSD_EXTATTR_H
#define FBSD_EXTATTR_H

#define EXTATTR_NAMESPACE_USER	 1
#define EXTATTR_NAMESPACE_SYSTEM 2
#define EXTATTR_MAXNAMELEN	 255

#endif
