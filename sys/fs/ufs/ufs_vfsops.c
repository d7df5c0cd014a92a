/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting, from the disk that `from` names; updates, unmounting, statfs.
 *
 * A file system that wasn't unmounted can be read, but not written before fsck
 * has looked at it.  The disk says that it is in use from the first change on,
 * and that it is clean again once it has been unmounted or made read-only.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "core/random.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/page.h"

/* What isn't a block's place, or isn't known to be: whole sectors, copied. */
static int
read_sectors(struct ufs_mount *um, uint64_t offset, void *buf, size_t size)
{
	const uint64_t sector = um->um_disk->d_sector;
	const uint64_t start = offset & ~(sector - 1);
	const size_t len = roundup2(offset + size, sector) - start;
	uint8_t *copy = kmem_alloc(len, 0);
	int error;

	if (copy == NULL)
		return (ENOMEM);
	error = disk_read(um->um_disk, start, copy, len);
	if (error == 0)
		memcpy(buf, copy + (offset - start), size);
	kmem_free(copy, len);
	return (error);
}

static int
raw_read(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	return (read_sectors(
	    container_of(dev, struct ufs_mount, um_raw), offset, buf, size));
}

/* All else: by the cache of metadata. */
static int
cached_read(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct ufs_mount *um = container_of(dev, struct ufs_mount, um_device);
	const unsigned shift = um->um_fs.fs_bshift;
	struct ufs_buf *b;
	size_t n, at;
	int error;

	for (; size > 0; size -= n, offset += n, buf = (uint8_t *)buf + n) {
		at = offset & ((1ul << shift) - 1);
		n = MIN(size, (1ul << shift) - at);
		error = ufs_buf_look(um, offset >> shift, &b);
		if (error != 0)
			return (error);
		memcpy(buf, b->b_data + at, n);
		ufs_buf_release(um, b);
	}
	return (0);
}

/* The superblock into fs, and as a whole, to be written back with what isn't
 * understood. */
static int
read_superblock(struct ufs_mount *um, struct ufs *fs, const char **why)
{
	int error;

	error = ufs_open(fs, &um->um_raw, why);
	fs->fs_device = &um->um_device;
	if (error != 0)
		return (error);
	if (um->um_superblock == NULL)
		um->um_superblock = kmem_alloc(UFS_SB_SIZE, KM_ZERO);
	if (um->um_superblock == NULL)
		return (ENOMEM);
	if (fs->fs_sb.fs_fsize < (int32_t)um->um_disk->d_sector) {
		*why = "its fragments are smaller than the disk's sectors";
		return (EINVAL);
	}
	return (read_sectors(
	    um, fs->fs_where, um->um_superblock, (size_t)fs->fs_sb.fs_sbsize));
}

/* The superblock with its mark and, if the totals on the disk aren't to stay,
 * all that is in memory. */
static int
write_superblock(struct ufs_mount *um, bool clean, bool totals)
{
	struct ufs_superblock *sb = &um->um_fs.fs_sb;
	struct ufs_superblock *out = (void *)um->um_superblock;
	const size_t size = (size_t)sb->fs_sbsize;
	int error;

	sb->fs_clean = clean;
	sb->fs_flags &= ~UFS_UNCLEAN;
	sb->fs_time = (int64_t)(time_realtime() / NSEC_PER_SEC);
	if (totals)
		memcpy(out, sb, sizeof(*sb));
	out->fs_clean = clean;
	out->fs_flags = sb->fs_flags;
	/* By another one than before FreeBSD knows that its journal isn't about
	 * these changes. */
	sb->fs_mtime = MAX(sb->fs_time, sb->fs_mtime + 1);
	out->fs_time = sb->fs_time;
	out->fs_mtime = sb->fs_mtime;
	out->fs_ckhash = 0;
	if (sb->fs_metackhash & UFS_CK_SUPERBLOCK)
		out->fs_ckhash = ufs_crc32c(~0u, out, size);
	error = disk_write(um->um_disk, um->um_fs.fs_where, out,
	    roundup2(size, (size_t)um->um_disk->d_sector));
	return (error != 0 ? error : disk_flush(um->um_disk));
}

/*
 * A cut may come when some of the superblock's sectors are written and others
 * aren't.  If it has a check hash it's seen, and a copy is used, which counts
 * as unclean.  If not, each mix must be true: so the totals change only while
 * it is marked as in use.
 */
int
ufs_mark(struct ufs_mount *um, bool clean)
{
	struct ufs_superblock *sb = &um->um_fs.fs_sb;
	int error = 0;

	if (clean)
		error = ufs_csum_write(um);
	if (error == 0)
		error = disk_flush(um->um_disk);
	if (error == 0 && clean && !(sb->fs_metackhash & UFS_CK_SUPERBLOCK))
		error = write_superblock(um, false, true);
	if (error == 0)
		error = write_superblock(um, clean, clean);
	/* What it says after an error nobody knows. */
	if (error != 0 && clean)
		sb->fs_clean = 0;
	um->um_marked = error == 0 && !clean;
	return (error);
}

int
ufs_write_totals(struct ufs_mount *um)
{
	int error = ufs_csum_write(um);

	if (error == 0)
		error = disk_flush(um->um_disk);
	return (error == 0 ? write_superblock(um, false, true) : error);
}

/* May it be written? EROFS, EPERM with the reason. */
static int
check_writable(struct ufs_mount *um, const struct mount_opts *opts)
{
	const char *why = um->um_gave_up ? "changes to it were given up: "
					   "unmount it first"
					 : ufs_unclean(&um->um_fs);

	if (um->um_fs.fs_ufs1) {
		mount_error(opts, "UFS1 can be mounted read-only alone");
		return (EROFS);
	}
	if (why != NULL) {
		mount_error(opts, "%s", why);
		return (EPERM);
	}
	/* Their blocks would have to be copied before each change. */
	if (um->um_fs.fs_sb.fs_snapinum[0] != 0) {
		mount_error(opts, "it has snapshots: it can be mounted "
				  "read-only alone");
		return (EROFS);
	}
	return (0);
}

static int
start_writing(struct ufs_mount *um, const struct mount_opts *opts)
{
	int error = check_writable(um, opts);

	if (error == 0)
		error = ufs_csum_read(um);
	if (error != 0)
		return (error);
	um->um_writable = true;
	um->um_leaks = false;
	return (0);
}

static void
init_caches(struct ufs_mount *um)
{
	const uint64_t block = (uint64_t)um->um_fs.fs_sb.fs_bsize;

	/* An eighth of the memory. Inodes that are clean go when it is short.
	 */
	um->um_max_bufs = (unsigned)MAX(ptoa(page_total()) / 8 / block, 16);
	um->um_max_nodes = vnodes_max();
	um->um_max_dirty = (unsigned)MAX(page_total() / 16, 256);
}

static int
syncer_commit(struct syncer_client *sc)
{
	return (ufs_commit(container_of(sc, struct ufs_mount, um_syncer)));
}

static uint64_t
syncer_shrink(struct syncer_client *sc, uint64_t want)
{
	struct ufs_mount *um = container_of(sc, struct ufs_mount, um_syncer);
	uint64_t freed = ufs_node_shrink(um, want);

	if (freed < want)
		freed += ufs_buf_shrink(um, want - freed);
	return (freed);
}

/* As large as the disk is now. */
static void
set_device_size(struct ufs_mount *um)
{
	um->um_device.ud_size = um->um_raw.ud_size =
	    atomic_load(&um->um_disk->d_size);
}

static struct ufs_mount *
new_mount(struct mount *mp, struct disk *dp)
{
	struct ufs_mount *um = kmem_alloc(sizeof(*um), KM_ZERO);

	if (um == NULL)
		return (NULL);
	um->um_mount = mp;
	um->um_disk = dp;
	um->um_device.ud_read = cached_read;
	um->um_raw.ud_read = raw_read;
	set_device_size(um);
	um->um_number = 1;
	mutex_init(&um->um_bufs_lock, "ufs blocks");
	mutex_init(&um->um_nodes_lock, "ufs inodes");
	mutex_init(&um->um_alloc, "ufs alloc");
	rw_init(&um->um_committing, "ufs commit");
	rw_init(&um->um_writes, "ufs writes");
	rw_init(&um->um_batch, "ufs batch");
	mutex_init(&um->um_resume_lock, "ufs resume");
	cv_init(&um->um_resumed, "ufs resumed");
	spin_init(&um->um_changes, "ufs changes");
	radix_init(&um->um_bufs);
	radix_init(&um->um_nodes);
	list_init(&um->um_syncer.sc_link);
	um->um_syncer.sc_commit = syncer_commit;
	um->um_syncer.sc_shrink = syncer_shrink;
	list_init(&um->um_buf_lru);
	list_init(&um->um_node_lru);
	list_init(&um->um_dirtied);
	list_init(&um->um_dirty_nodes);
	list_init(&um->um_zombies);
	list_init(&um->um_dying);
	for (unsigned i = 0; i < UFS_BUF_CLASSES; i++)
		list_init(&um->um_dirty[i]);
	random_bytes(&um->um_hash_key, sizeof(um->um_hash_key));
	return (um);
}

static void
free_csum(struct ufs_mount *um)
{
	if (um->um_csum != NULL)
		kmem_free(um->um_csum, (size_t)um->um_fs.fs_sb.fs_cssize);
	um->um_csum = NULL;
}

static void
free_mount(struct ufs_mount *um)
{
	ufs_nodes_discard_all(um);
	ufs_buf_discard_all(um);
	free_csum(um);
	if (um->um_superblock != NULL)
		kmem_free(um->um_superblock, UFS_SB_SIZE);
	kmem_free(um, sizeof(*um));
}

/* Read, or read and write, what is there. */
static int
start(struct ufs_mount *um, bool write, const struct mount_opts *opts)
{
	const char *why = NULL, *unclean;
	int error = read_superblock(um, &um->um_fs, &why);

	if (error != 0) {
		if (why != NULL)
			mount_error(opts, "%s", why);
		return (error);
	}
	if (why != NULL)
		kprintf(
		    "%s: %s; a copy of it is used\n", um->um_disk->d_name, why);
	init_caches(um);
	if (write)
		return (start_writing(um, opts));
	unclean = ufs_unclean(&um->um_fs);
	if (unclean != NULL)
		kprintf("%s: mounted read-only: %s\n", um->um_disk->d_name,
		    unclean);
	return (0);
}

/* Which access control lists are used from now on: what the disk says, or else
 * the options.  EINVAL. */
static int
choose_lists(struct ufs_mount *um, const struct mount_opts *opts)
{
	const int32_t disk = um->um_fs.fs_sb.fs_flags;
	struct mount *mp = um->um_mount;
	uint64_t kinds = mp->mnt_flags & (MNT_ACLS | MNT_NFS4ACLS);

	if (mount_opt(opts, "noacls") != NULL)
		kinds &= ~MNT_ACLS;
	if (mount_opt(opts, "nonfsv4acls") != NULL)
		kinds &= ~MNT_NFS4ACLS;
	if (mount_opt(opts, "acls") != NULL)
		kinds |= MNT_ACLS;
	if (mount_opt(opts, "nfsv4acls") != NULL)
		kinds |= MNT_NFS4ACLS;
	if (kinds == (MNT_ACLS | MNT_NFS4ACLS)) {
		mount_error(opts, "\"acls\" and \"nfsv4acls\" options are "
				  "mutually exclusive");
		return (EINVAL);
	}
	if ((disk & UFS_NFS4ACLS) != 0)
		kinds = MNT_NFS4ACLS;
	else if ((disk & UFS_ACLS) != 0)
		kinds = MNT_ACLS;
	mount_set_flags(mp, MNT_ACLS | MNT_NFS4ACLS, kinds);
	return (0);
}

/* What statfs(2) tells of the disk: whoever sees soft updates may rely on as
 * much. */
static void
tell_kind(struct ufs_mount *um)
{
	const bool soft =
	    um->um_writable && (um->um_fs.fs_sb.fs_flags & UFS_SOFTUPDATES);

	mount_set_flags(um->um_mount, MNT_SOFTDEP, soft ? MNT_SOFTDEP : 0);
}

static int
mount_from(struct mount *mp, struct disk *dp, const struct mount_opts *opts)
{
	const bool write = (mp->mnt_flags & MNT_RDONLY) == 0;
	struct ufs_mount *um;
	int error;

	ufs_make_device();
	um = ufs_node_init() == 0 ? new_mount(mp, dp) : NULL;
	if (um == NULL)
		return (ENOMEM);
	error = mount_claim_disk(opts, dp, write);
	um->um_edition = disk_edition(dp);
	if (error == 0) {
		error = start(um, write, opts);
		if (error == 0)
			error = choose_lists(um, opts);
		if (error != 0)
			disk_unclaim(dp, write);
	}
	if (error != 0) {
		free_mount(um);
		return (error);
	}
	mp->mnt_data = um;
	tell_kind(um);
	syncer_add(&um->um_syncer);
	return (0);
}

static int
ufs_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct disk *dp;
	int error = mount_find_disk(opts, &dp);

	if (error != 0)
		return (error);
	error = mount_from(mp, dp, opts);
	disk_release(dp);
	return (error);
}

static int
ufs_root(struct mount *mp, struct vnode **vpp)
{
	struct ufs_node *n;
	int error = ufs_node_get(mp->mnt_data, UFS_ROOT_INO, &n);

	if (error == 0 && n->n_vnode.v_type != VDIR) {
		vnode_release(&n->n_vnode);
		error = EINTEGRITY;
	}
	if (error == ENOENT)
		error = EINTEGRITY;
	if (error == 0)
		*vpp = &n->n_vnode;
	return (error);
}

/* Everything is on the disk, and the disk says so. */
static int
stop_writing(struct ufs_mount *um, bool force)
{
	int error = ufs_commit_last(um, force);

	if (error == 0)
		free_csum(um);
	return (error);
}

static int
ufs_unmount(struct mount *mp, enum unmount_how how)
{
	struct ufs_mount *um = mp->mnt_data;
	const bool write = um->um_writable;
	struct disk *dp = um->um_disk;
	bool busy;
	int error;

	/* A commit has references of its own. */
	rw_wlock(&um->um_committing);
	busy = ufs_nodes_busy(um, true);
	rw_wunlock(&um->um_committing);
	if (how != UNMOUNT_UNKNOWN && busy)
		return (EBUSY);
	if (write) {
		ufs_nodes_note_access(um);
		error = stop_writing(um, how != UNMOUNT_IDLE);
		if (error != 0 && how == UNMOUNT_IDLE)
			return (error);
		if (error != 0)
			ufs_give_up(um);
	}
	syncer_remove(&um->um_syncer);
	free_mount(um);
	disk_unclaim(dp, write);
	return (0);
}

/* Does everything lie where it did in `a`?  There may be more of it now:
 * growfs(8) was there. */
static bool
same_places(const struct ufs *a, const struct ufs *b)
{
	const struct ufs_superblock *x = &a->fs_sb, *y = &b->fs_sb;

	return (a->fs_ufs1 == b->fs_ufs1 && a->fs_bshift == b->fs_bshift &&
		a->fs_fshift == b->fs_fshift && a->fs_frags <= b->fs_frags &&
		a->fs_inodes <= b->fs_inodes && x->fs_ncg <= y->fs_ncg &&
		x->fs_ipg == y->fs_ipg && x->fs_fpg == y->fs_fpg &&
		x->fs_cblkno == y->fs_cblkno && x->fs_iblkno == y->fs_iblkno &&
		x->fs_cgsize == y->fs_cgsize && x->fs_sbsize == y->fs_sbsize);
}

/* The superblock, and with it the groups; EINVAL: it is another one. */
static int
reload_superblock(struct ufs_mount *um, const struct mount_opts *opts)
{
	struct ufs *fs = kmem_alloc(sizeof(*fs), 0);
	const char *why = NULL;
	int error;

	if (fs == NULL)
		return (ENOMEM);
	set_device_size(um);
	error = read_superblock(um, fs, &why);
	if (error == 0 && !same_places(&um->um_fs, fs)) {
		why = "it isn't the file system that was mounted";
		error = EINVAL;
	}
	if (error == 0)
		um->um_fs = *fs;
	kmem_free(fs, sizeof(*fs));
	if (error != 0 && why != NULL)
		mount_error(opts, "%s", why);
	ufs_buf_discard_all(um);
	return (error);
}

/*
 * What is in memory is given up for what the disk has: fsck(8) was there.  It
 * is being read meanwhile, so that all that this goes by must stay the same.
 * `lose`: even if nothing can be read.
 */
static int
reload(struct ufs_mount *um, bool lose, const struct mount_opts *opts)
{
	const unsigned edition = disk_edition(um->um_disk);
	int error = reload_superblock(um, opts);

	if (error == 0 || lose)
		error = ufs_nodes_reload(um, lose);
	if (error == 0)
		um->um_edition = edition;
	return (error);
}

/* Somebody changed the superblock and the summary who may have read them a
 * while before: the groups know best. */
static int
count_totals(struct ufs_mount *um)
{
	struct ufs_superblock *sb = &um->um_fs.fs_sb;
	struct ufs_cg cg;
	uint64_t frag;
	int error = 0;

	sb->fs_cs_ndir = sb->fs_cs_nbfree = 0;
	sb->fs_cs_nifree = sb->fs_cs_nffree = 0;
	for (uint32_t i = 0; i < sb->fs_ncg && error == 0; i++) {
		frag = ufs_group_start(&um->um_fs, i) + (uint32_t)sb->fs_cblkno;
		error = um->um_device.ud_read(&um->um_device,
		    frag << um->um_fs.fs_fshift, &cg, sizeof(cg));
		if (error == 0 && cg.cg_magic == UFS_CG_MAGIC)
			um->um_csum[i] = cg.cg_cs;
		sb->fs_cs_ndir += um->um_csum[i].cs_ndir;
		sb->fs_cs_nbfree += um->um_csum[i].cs_nbfree;
		sb->fs_cs_nifree += um->um_csum[i].cs_nifree;
		sb->fs_cs_nffree += um->um_csum[i].cs_nffree;
	}
	return (error);
}

int
ufs_resume(struct ufs_mount *um)
{
	int error;

	free_csum(um);
	error = reload_superblock(um, NULL);
	if (error == 0)
		error = ufs_csum_read(um);
	if (error == 0)
		error = count_totals(um);
	rw_wlock(&um->um_batch);
	um->um_marked = um->um_fs.fs_sb.fs_clean == 0;
	atomic_store(&um->um_writable, error == 0);
	rw_wunlock(&um->um_batch);
	if (error != 0) {
		mount_set_flags(um->um_mount, MNT_RDONLY, MNT_RDONLY);
		(void)disk_reclaim(um->um_disk, false);
	}
	return (error);
}

static int
begin_writing(struct ufs_mount *um, const struct mount_opts *opts)
{
	int error = mount_reclaim_disk(opts, um->um_disk, true);

	if (error != 0)
		return (error);
	if (disk_edition(um->um_disk) != um->um_edition)
		error = reload(um, false, opts);
	if (error == 0)
		error = start_writing(um, opts);
	if (error != 0)
		(void)disk_reclaim(um->um_disk, false);
	return (error);
}

/* It isn't written any more; `force`: whether what changed can be or not. */
static int
become_readonly(struct ufs_mount *um, bool force)
{
	int error;

	/* The most of it, so that the others don't wait for long. */
	(void)ufs_commit(um);
	ufs_end_changes(um);
	error = stop_writing(um, force);
	if (error != 0 && force) {
		ufs_give_up(um);
		free_csum(um);
		(void)reload(um, true, NULL);
		error = 0;
	}
	return (error != 0 ? error : disk_reclaim(um->um_disk, false));
}

static int
update_writing(
    struct ufs_mount *um, uint64_t flags, const struct mount_opts *opts)
{
	struct mount *mp = um->um_mount;
	const bool readonly = (flags & MNT_RDONLY) != 0;

	if (atomic_load(&um->um_suspended))
		return (EBUSY);
	if (um->um_writable && readonly) {
		if (!(flags & MNT_FORCE) &&
		    (atomic_load(&mp->mnt_writers) > 0 ||
			ufs_nodes_mapped_to_write(um)))
			return (EBUSY);
		return (become_readonly(um, (flags & MNT_FORCE) != 0));
	}
	if (!um->um_writable && !readonly)
		return (begin_writing(um, opts));
	if (flags & MNT_RELOAD) {
		if (um->um_writable) {
			mount_error(opts, "it is mounted for writing");
			return (EINVAL);
		}
		return (reload(um, false, opts));
	}
	return (0);
}

/* What would be done for FreeBSD's programs, and isn't here. */
static int
check_request(uint64_t flags, const struct mount_opts *opts)
{
	if ((flags & MNT_SNAPSHOT) == 0 && mount_opt(opts, "snapshot") == NULL)
		return (0);
	mount_error(opts, "snapshots can't be made");
	return (EOPNOTSUPP);
}

static int
ufs_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	struct ufs_mount *um = mp->mnt_data;
	int error = check_request(flags, opts);

	if (error == 0)
		error = update_writing(um, flags, opts);
	if (error == 0)
		error = choose_lists(um, opts);
	tell_kind(um);
	return (error);
}

static int
ufs_statfs(struct mount *mp, struct statfs *sf)
{
	struct ufs_mount *um = mp->mnt_data;
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	int64_t blocks, frags, inodes, avail;

	/* What was removed is free, as everybody expects. */
	if (um->um_writable && atomic_load(&um->um_nameless) > 0)
		(void)ufs_commit(um);
	blocks = um->um_fs.fs_ufs1 ? sb->fs_old_cstotal[1] : sb->fs_cs_nbfree;
	inodes = um->um_fs.fs_ufs1 ? sb->fs_old_cstotal[2] : sb->fs_cs_nifree;
	frags = um->um_fs.fs_ufs1 ? sb->fs_old_cstotal[3] : sb->fs_cs_nffree;
	sf->f_bsize = (uint64_t)sb->fs_fsize;
	sf->f_iosize = (uint64_t)sb->fs_bsize;
	sf->f_blocks = um->um_fs.fs_data_frags;
	mutex_lock(&um->um_alloc);
	avail = blocks * sb->fs_frag + frags + (int64_t)um->um_freeing;
	mutex_unlock(&um->um_alloc);
	sf->f_bfree = (uint64_t)MAX(avail, 0);
	sf->f_bavail =
	    avail - (int64_t)um->um_fs.fs_data_frags * sb->fs_minfree / 100;
	sf->f_files = um->um_fs.fs_inodes - UFS_ROOT_INO;
	sf->f_ffree = inodes;
	return (0);
}

static int
ufs_sync(struct mount *mp, bool wait)
{
	struct ufs_mount *um = mp->mnt_data;

	if (!um->um_writable)
		return (0);
	return (ufs_commit(um));
}

static int
ufs_fhtovp(struct mount *mp, const struct fid *fid, struct vnode **vpp)
{
	struct ufs_node *n;
	uint32_t name[2]; /* number, generation */

	if (fid->fid_len != sizeof(name))
		return (ESTALE);
	memcpy(name, fid->fid_data, sizeof(name));
	if (ufs_node_get(mp->mnt_data, name[0], &n) != 0)
		return (ESTALE);
	if (n->n_i.i_gen != name[1] || n->n_i.i_nlink == 0) {
		vnode_release(&n->n_vnode);
		return (ESTALE);
	}
	*vpp = &n->n_vnode;
	return (0);
}

static const char *const ufs_options[] = {"acls", "noacls", "multilabel",
    "nfsv4acls", "nonfsv4acls", "snapshot", "suiddir", "userquota",
    "groupquota", "rw", NULL};

static const struct vfs_ops ufs_vfs_ops = {
    .vfs_name = "ufs",
    .vfs_flags = MNT_LOCAL,
    .vfs_options = ufs_options,
    .vfs_mount = ufs_mount,
    .vfs_update = ufs_update,
    .vfs_unmount = ufs_unmount,
    .vfs_root = ufs_root,
    .vfs_statfs = ufs_statfs,
    .vfs_sync = ufs_sync,
    .vfs_fhtovp = ufs_fhtovp,
};
VFS_SET(ufs_vfs_ops);

bool
ufs_is_mount(const struct mount *mp)
{
	return (mp->mnt_ops == &ufs_vfs_ops);
}
