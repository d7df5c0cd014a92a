/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UFS1 and UFS2 as they lie on the disk, in the machine's byte order.  Sizes
 * are in bytes, addresses in fragments, unless said otherwise.  Fields without
 * a use here are spare_*.  Sources: FreeBSD's fs(5), inode(5), dir(5).
 */
#ifndef FS_UFS_FORMAT_H
#define FS_UFS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UFS1_MAGIC     0x011954
#define UFS2_MAGIC     0x19540119
#define UFS_CG_MAGIC   0x090255
#define UFS_SB_SIZE    8192 /* room for a superblock */
#define UFS_BSIZE_MIN  4096
#define UFS_BSIZE_MAX  65536
#define UFS_FSIZE_MIN  512
#define UFS_FRAGS_MAX  8 /* in a block */
#define UFS_ROOT_INO   2
#define UFS_NDIRECT    12
#define UFS_NINDIRECT  3
#define UFS_NEXT       2 /* blocks of extended attributes */
#define UFS_DIRBLKSIZE 512
#define UFS_NAME_MAX   255
#define UFS_SHORT_LINK ((UFS_NDIRECT + UFS_NINDIRECT) * 8)

/* fs_flags */
#define UFS_UNCLEAN	0x1
#define UFS_SOFTUPDATES 0x2
#define UFS_NEEDSFSCK	0x4
#define UFS_SUJ		0x8   /* soft updates with journal */
#define UFS_ACLS	0x10  /* POSIX.1e's access control lists are used, */
#define UFS_NFS4ACLS	0x100 /* or NFSv4's */
#define UFS_METACKHASH	0x200 /* fs_metackhash counts */

/* fs_metackhash: what has check hashes, CRC32C each */
#define UFS_CK_SUPERBLOCK 0x1
#define UFS_CK_CYLGRP	  0x2
#define UFS_CK_INODE	  0x4

struct ufs_superblock {
	uint32_t spare_0[2];
	int32_t fs_sblkno; /* from a cylinder group's start: superblock, */
	int32_t fs_cblkno; /* the group's own block, */
	int32_t fs_iblkno; /* inodes, */
	int32_t fs_dblkno; /* data */
	int32_t fs_old_cgoffset;
	int32_t fs_old_cgmask;
	int32_t fs_old_time;
	int32_t fs_old_size; /* UFS1's fs_size */
	int32_t fs_old_dsize;
	uint32_t fs_ncg; /* cylinder groups */
	int32_t fs_bsize;
	int32_t fs_fsize;
	int32_t fs_frag; /* fragments in a block */
	int32_t fs_minfree;
	uint32_t spare_1[2];
	int32_t fs_bmask; /* ~(fs_bsize - 1), */
	int32_t fs_fmask; /* ~(fs_fsize - 1) */
	int32_t fs_bshift;
	int32_t fs_fshift;
	int32_t fs_maxcontig;
	int32_t fs_maxbpg;
	int32_t fs_fragshift;
	int32_t fs_fsbtodb;
	int32_t fs_sbsize;
	uint32_t spare_2[2];
	int32_t fs_nindir; /* addresses in an indirect block */
	uint32_t fs_inopb; /* inodes in a block */
	int32_t fs_old_nspf;
	int32_t fs_optim;
	uint32_t spare_3[3];
	int32_t fs_id[2];
	int32_t fs_old_csaddr;
	int32_t fs_cssize;
	int32_t fs_cgsize;
	uint32_t spare_4[5];
	uint32_t fs_ipg; /* inodes in a group */
	int32_t fs_fpg;	 /* fragments in a group */
	int32_t fs_old_cstotal[4];
	int8_t fs_fmod;
	int8_t fs_clean;
	int8_t fs_ronly;
	int8_t fs_old_flags;
	char fs_fsmnt[468];
	char fs_volname[32];
	uint64_t fs_swuid;
	int32_t spare_5;
	int32_t fs_cgrotor;
	uint64_t spare_6[16];
	int32_t fs_old_cpc;
	int32_t fs_maxbsize;
	int64_t fs_unrefs;
	int64_t fs_providersize;
	int64_t fs_metaspace;
	int64_t spare_7[13];
	int64_t fs_sblockactualloc;
	int64_t fs_sblockloc; /* bytes: where the superblock belongs */
	int64_t fs_cs_ndir;
	int64_t fs_cs_nbfree; /* whole blocks */
	int64_t fs_cs_nifree;
	int64_t fs_cs_nffree; /* fragments besides */
	int64_t spare_8[4];
	int64_t fs_time;
	int64_t fs_size;
	int64_t fs_dsize;
	int64_t fs_csaddr;
	int64_t fs_pendingblocks;
	uint32_t fs_pendinginodes;
	uint32_t fs_snapinum[20];
	uint32_t fs_avgfilesize;
	uint32_t fs_avgfpdir;
	int32_t fs_save_cgsize;
	int64_t fs_mtime;
	int32_t fs_sujfree;
	int32_t spare_9[21];
	uint32_t fs_ckhash;
	uint32_t fs_metackhash;
	int32_t fs_flags;
	int32_t fs_contigsumsize;
	int32_t fs_maxsymlinklen;
	int32_t fs_old_inodefmt;
	uint64_t fs_maxfilesize;
	int64_t fs_qbmask; /* fs_bsize - 1, */
	int64_t fs_qfmask; /* fs_fsize - 1 */
	int32_t fs_state;
	int32_t spare_11[4];
	int32_t fs_magic;
} __attribute__((packed, aligned(8)));
_Static_assert(offsetof(struct ufs_superblock, fs_bshift) == 80, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_nindir) == 116, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_ipg) == 184, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_volname) == 680, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_sblockloc) == 1000, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_size) == 1080, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_ckhash) == 1304, "fs");
_Static_assert(offsetof(struct ufs_superblock, fs_magic) == 1372, "fs");
_Static_assert(sizeof(struct ufs_superblock) == 1376, "fs");

struct ufs2_dinode {
	uint16_t di_mode; /* S_IFMT and permissions */
	int16_t di_nlink;
	uint32_t di_uid;
	uint32_t di_gid;
	uint32_t di_blksize;
	uint64_t di_size;
	uint64_t di_blocks; /* of 512 bytes */
	int64_t di_atime;   /* seconds since the epoch */
	int64_t di_mtime;
	int64_t di_ctime;
	int64_t di_birthtime;
	int32_t di_mtimensec;
	int32_t di_atimensec;
	int32_t di_ctimensec;
	int32_t di_birthnsec;
	uint32_t di_gen;
	uint32_t di_kernflags;
	uint32_t di_flags; /* as chflags(2) has them */
	uint32_t di_extsize;
	int64_t di_extb[UFS_NEXT];
	union {
		struct {
			int64_t di_db[UFS_NDIRECT];
			int64_t di_ib[UFS_NINDIRECT];
		};
		char di_link[UFS_SHORT_LINK]; /* a short symbolic link */
	};
	uint64_t di_modrev;
	union {
		uint32_t di_freelink; /* of soft updates: the next that has no
					 name, */
		uint32_t di_dirdepth; /* or how far a directory is from the
					 root; 0 if nobody wrote it */
	};
	uint32_t di_ckhash;
	uint32_t di_spare[2];
};
_Static_assert(offsetof(struct ufs2_dinode, di_db) == 112, "dinode");
_Static_assert(offsetof(struct ufs2_dinode, di_ckhash) == 244, "dinode");
_Static_assert(sizeof(struct ufs2_dinode) == 256, "dinode");

struct ufs1_dinode {
	uint16_t di_mode;
	int16_t di_nlink;
	uint16_t di_oldids[2];
	uint64_t di_size;
	int32_t di_atime;
	int32_t di_atimensec;
	int32_t di_mtime;
	int32_t di_mtimensec;
	int32_t di_ctime;
	int32_t di_ctimensec;
	union {
		struct {
			int32_t di_db[UFS_NDIRECT];
			int32_t di_ib[UFS_NINDIRECT];
		};
		char di_link[UFS_SHORT_LINK / 2];
	};
	uint32_t di_flags;
	uint32_t di_blocks;
	uint32_t di_gen;
	uint32_t di_uid;
	uint32_t di_gid;
	uint64_t di_modrev;
};
_Static_assert(offsetof(struct ufs1_dinode, di_db) == 40, "dinode");
_Static_assert(sizeof(struct ufs1_dinode) == 128, "dinode");

/* Free space of one cylinder group, or of all. */
struct ufs_csum {
	int32_t cs_ndir;
	int32_t cs_nbfree; /* whole blocks */
	int32_t cs_nifree;
	int32_t cs_nffree; /* fragments besides */
};
_Static_assert(sizeof(struct ufs_csum) == 16, "csum");

/*
 * A cylinder group's own block, of fs_cgsize bytes.  Its maps lie behind the
 * header at the offsets that it gives, from its start: inodes in use, fragments
 * that are free, whole blocks that are free (with the number of runs of each
 * length up to fs_contigsumsize, the last one counting all longer ones).
 */
struct ufs_cg {
	int32_t spare_0;
	int32_t cg_magic;
	int32_t cg_old_time;
	uint32_t cg_cgx; /* its number */
	int16_t cg_old_ncyl;
	int16_t cg_old_niblk;
	uint32_t cg_ndblk; /* fragments in it */
	struct ufs_csum cg_cs;
	uint32_t cg_rotor;		  /* where the last block, */
	uint32_t cg_frotor;		  /* fragment, */
	uint32_t cg_irotor;		  /* and inode were allocated */
	uint32_t cg_frsum[UFS_FRAGS_MAX]; /* runs of free fragments, by length,
					     in blocks that aren't free */
	int32_t cg_old_btotoff;
	int32_t cg_old_boff;
	uint32_t cg_iusedoff;
	uint32_t cg_freeoff;
	uint32_t cg_nextfreeoff; /* end of the maps */
	uint32_t cg_clustersumoff;
	uint32_t cg_clusteroff;
	uint32_t cg_nclusterblks;
	uint32_t cg_niblk;	/* UFS2: inodes in it, */
	uint32_t cg_initediblk; /* of which so many are initialised */
	uint32_t cg_unrefs;
	int32_t spare_1;
	uint32_t cg_ckhash; /* CRC32C of fs_cgsize bytes with this zero */
	int64_t cg_time;
	int64_t spare_2[3];
	/* the maps follow */
};
_Static_assert(offsetof(struct ufs_cg, cg_cs) == 24, "cg");
_Static_assert(offsetof(struct ufs_cg, cg_frsum) == 52, "cg");
_Static_assert(offsetof(struct ufs_cg, cg_iusedoff) == 92, "cg");
_Static_assert(offsetof(struct ufs_cg, cg_initediblk) == 120, "cg");
_Static_assert(offsetof(struct ufs_cg, cg_ckhash) == 132, "cg");
_Static_assert(offsetof(struct ufs_cg, cg_time) == 136, "cg");
_Static_assert(sizeof(struct ufs_cg) == 168, "cg");

/* None crosses a multiple of UFS_DIRBLKSIZE. */
struct ufs_direct {
	uint32_t d_ino;	   /* 0: free */
	uint16_t d_reclen; /* to the next one */
	uint8_t d_type;	   /* DT_* */
	uint8_t d_namlen;
	char d_name[]; /* with a NUL */
};
_Static_assert(sizeof(struct ufs_direct) == 8, "direct");

#endif
