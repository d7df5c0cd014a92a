/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists: acl(9), and how UFS keeps them in extended attributes.
 */
#ifndef FBSD_NUM_ACL_H
#define FBSD_NUM_ACL_H

/* Kinds.  Old programs ask for POSIX.1e's by other numbers, and get another
 * structure. */
#define ACL_TYPE_ACCESS_OLD  0
#define ACL_TYPE_DEFAULT_OLD 1
#define ACL_TYPE_ACCESS	     2
#define ACL_TYPE_DEFAULT     3
#define ACL_TYPE_NFS4	     4

#define ACL_MAX_ENTRIES	     254
#define OLDACL_MAX_ENTRIES   32

/* Whom an entry is about. */
#define ACL_USER_OBJ	 0x01 /* the owner */
#define ACL_USER	 0x02
#define ACL_GROUP_OBJ	 0x04 /* the file's group */
#define ACL_GROUP	 0x08
#define ACL_MASK	 0x10
#define ACL_OTHER	 0x20
#define ACL_EVERYONE	 0x40
#define ACL_UNDEFINED_ID ((uid_t)-1)

/* Rights of POSIX.1e; the first is NFSv4's as well. */
#define ACL_EXECUTE   0x0001
#define ACL_WRITE     0x0002
#define ACL_READ      0x0004
#define ACL_PERM_BITS 0x0007

/* Rights of NFSv4. */
#define ACL_READ_DATA	      0x0008
#define ACL_WRITE_DATA	      0x0010
#define ACL_APPEND_DATA	      0x0020
#define ACL_READ_NAMED_ATTRS  0x0040
#define ACL_WRITE_NAMED_ATTRS 0x0080
#define ACL_DELETE_CHILD      0x0100
#define ACL_READ_ATTRIBUTES   0x0200
#define ACL_WRITE_ATTRIBUTES  0x0400
#define ACL_DELETE	      0x0800
#define ACL_READ_ACL	      0x1000
#define ACL_WRITE_ACL	      0x2000
#define ACL_WRITE_OWNER	      0x4000
#define ACL_SYNCHRONIZE	      0x8000
#define ACL_NFS4_PERM_BITS    0xfff9

#define ACL_ENTRY_TYPE_ALLOW  0x0100
#define ACL_ENTRY_TYPE_DENY   0x0200

/* What becomes of an entry in new files below; NFSv4's. */
#define ACL_ENTRY_FILE_INHERIT	       0x01
#define ACL_ENTRY_DIRECTORY_INHERIT    0x02
#define ACL_ENTRY_NO_PROPAGATE_INHERIT 0x04
#define ACL_ENTRY_INHERIT_ONLY	       0x08
#define ACL_ENTRY_INHERITED	       0x80

struct acl_entry {
	uint32_t ae_tag;
	uid_t ae_id;
	uint32_t ae_perm;
	uint16_t ae_entry_type; /* NFSv4 */
	uint16_t ae_flags;	/* NFSv4 */
};

/* Also the value of the attribute ACL_NFS4_NAME. */
struct acl {
	uint32_t acl_maxcnt; /* ACL_MAX_ENTRIES */
	uint32_t acl_cnt;
	int32_t acl_spare[4];
	struct acl_entry acl_entry[ACL_MAX_ENTRIES];
};

struct oldacl_entry {
	int32_t ae_tag;
	uid_t ae_id;
	uint16_t ae_perm;
};

/* Also the value of the attributes of POSIX.1e. */
struct oldacl {
	int32_t acl_cnt;
	struct oldacl_entry acl_entry[OLDACL_MAX_ENTRIES];
};

/* In EXTATTR_NAMESPACE_SYSTEM. */
#define ACL_ACCESS_NAME	 "posix1e.acl_access"
#define ACL_DEFAULT_NAME "posix1e.acl_default"
#define ACL_NFS4_NAME	 "nfs4.acl"

#endif
