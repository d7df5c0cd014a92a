/* SPDX-License-Identifier: BSD-2-Clause */
/* Access control lists: what acl(9) has. */
#ifndef FBSD_ACL_H
#define FBSD_ACL_H

#include "lib/types.h"
#include "fbsd/num/acl.h"

_Static_assert(sizeof(struct acl_entry) == 16, "struct acl_entry");
_Static_assert(sizeof(struct acl) == 4088, "struct acl");
_Static_assert(sizeof(struct oldacl_entry) == 12, "struct oldacl_entry");
_Static_assert(sizeof(struct oldacl) == 388, "struct oldacl");

#endif
