/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inotify(2).
 *
 * An instance, which is a file, has watches; a watch concerns one vnode and
 * holds it.  All watches are in one tree by vnode, those of an instance also
 * in its tree by number; a vnode with watches has VV_WATCHED, so that others
 * pay one test.  What happens to a file is told to the watches of the file,
 * and to those of the directory in which it has its name: where the operation
 * doesn't say which that is, the file system is asked for one.  So a file with
 * several names tells by one of them, and what has no name any more by none.
 *
 * One mutex guards all instances: only watched files come here.  Vnodes are
 * given back without it.
 */
#include "amd64/md.h"
#include "core/sched.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/inotify.h"
#include "fbsd/poll.h"
#include "fbsd/user.h"
#include "core/sysctl.h"
#include "lib/rbtree.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "vfs/inotify.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/page.h"

/* What a directory tells of what is in it, not of itself. */
#define OF_ENTRIES                                                             \
	(IN_CLOSE_WRITE | IN_DELETE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO)

struct record {
	struct list r_link;
	struct inotify_event r_event; /* last: the name follows */
};

/* All (l) inotify_lock, but (!) set once. */
struct inotify {
	struct list i_link;	  /* in instances */
	uid_t i_uid;		  /* (!) of the maker */
	uint64_t i_serial;	  /* (!) st_ino */
	struct list i_records;	  /* to be read */
	unsigned i_nrecords;	  /* how many */
	size_t i_bytes;		  /* and how long */
	bool i_overflow;	  /* IN_Q_OVERFLOW, after the records */
	struct rb_tree i_watches; /* by number */
	unsigned i_nwatches;
	int i_last; /* number given out */
	struct cv i_arrived;
	struct event_source i_events;
};

struct watch {
	struct rb_node w_node;	/* in i_watches */
	struct rb_node w_vnode; /* in watched; w_link: to be freed */
	struct list w_link;
	struct inotify *w_inotify; /* (!) */
	struct vnode *w_vp;	   /* (!) held */
	int w_wd;		   /* (!) */
	uint32_t w_mask;
};

unsigned inotify_watches;
static struct mutex inotify_lock = MUTEX_INITIALIZER(inotify_lock, "inotify");
static struct list instances = LIST_INITIALIZER(instances);
static struct rb_tree watched; /* by v_base */
static uint64_t last_serial;
static uint32_t last_cookie; /* (a) */
static unsigned max_events = 16384;
static unsigned max_instances = 256;
static unsigned max_watches; /* 0: by memory */

SYSCTL_INT(vfs_inotify_max_queued_events, "vfs.inotify.max_queued_events",
    CTL_AUTO, CTLFLAG_RW, &max_events);
SYSCTL_INT(vfs_inotify_max_user_instances, "vfs.inotify.max_user_instances",
    CTL_AUTO, CTLFLAG_RW, &max_instances);
SYSCTL_INT(vfs_inotify_max_user_watches, "vfs.inotify.max_user_watches",
    CTL_AUTO, CTLFLAG_RW, &max_watches);
SYSCTL_INT(vfs_inotify_watches, "vfs.inotify.watches", CTL_AUTO, CTLFLAG_RD,
    &inotify_watches);

/*
 * Records.
 */
static size_t
size_of(const struct inotify_event *ev)
{
	return (sizeof(*ev) + ev->len);
}

static void
record_free(struct record *r)
{
	kmem_free(r, sizeof(*r) + r->r_event.len);
}

/* The record that would say the same as the last one isn't told. */
static bool
said(const struct inotify *in, const struct inotify_event *ev)
{
	const struct record *r =
	    LIST_LAST(&in->i_records, struct record, r_link);

	return (r != NULL && r->r_event.len == ev->len &&
		memcmp(&r->r_event, ev, size_of(ev)) == 0);
}

static struct record *
record_alloc(int wd, uint32_t mask, uint32_t cookie, const struct cname *cn)
{
	uint32_t len =
	    cn == NULL ? 0 : (uint32_t)roundup2(cn->cn_len + 1, sizeof(int));
	struct record *r;

	r = page_low() ? NULL : kmem_alloc(sizeof(*r) + len, KM_ZERO);
	if (r == NULL)
		return (NULL);
	r->r_event = (struct inotify_event){wd, mask, cookie, len};
	if (cn != NULL)
		memcpy(r->r_event.name, cn->cn_name, cn->cn_len);
	return (r);
}

/* (l) */
static void
tell(struct inotify *in, int wd, uint32_t mask, uint32_t cookie,
    const struct cname *cn)
{
	struct record *r = NULL;

	if (in->i_overflow)
		return;
	if (in->i_nrecords < max_events)
		r = record_alloc(wd, mask, cookie, cn);
	if (r == NULL) {
		in->i_overflow = true;
		in->i_bytes += sizeof(struct inotify_event);
	} else if (said(in, &r->r_event)) {
		record_free(r);
		return;
	} else {
		list_push_back(&in->i_records, &r->r_link);
		in->i_nrecords++;
		in->i_bytes += size_of(&r->r_event);
	}
	cv_broadcast(&in->i_arrived);
	event_notify(&in->i_events, 0);
}

/*
 * Watches.
 */
static struct vnode *
base_of(const struct watch *w)
{
	return (w->w_vp->v_base);
}

/* The first watch of vp. (l) */
static struct watch *
first_watch(const struct vnode *vp)
{
	struct rb_node *n = watched.root;
	struct watch *found = NULL;

	while (n != NULL) {
		struct watch *w = container_of(n, struct watch, w_vnode);

		if (base_of(w) == vp)
			found = w;
		n = (uintptr_t)base_of(w) >= (uintptr_t)vp ? n->left : n->right;
	}
	return (found);
}

static struct watch *
next_watch(struct watch *w)
{
	struct rb_node *n = rb_next(&w->w_vnode);
	struct watch *next =
	    n == NULL ? NULL : container_of(n, struct watch, w_vnode);

	return (next != NULL && base_of(next) == base_of(w) ? next : NULL);
}

static struct watch *
find_number(struct inotify *in, int wd)
{
	struct rb_node *n = in->i_watches.root;

	while (n != NULL) {
		struct watch *w = container_of(n, struct watch, w_node);

		if (w->w_wd == wd)
			return (w);
		n = w->w_wd > wd ? n->left : n->right;
	}
	return (NULL);
}

/* (l) */
static void
insert(struct inotify *in, struct watch *w)
{
	struct rb_node **link = &in->i_watches.root, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link =
		    container_of(parent, struct watch, w_node)->w_wd > w->w_wd
			? &parent->left
			: &parent->right;
	}
	rb_insert(&in->i_watches, &w->w_node, parent, link);
	in->i_nwatches++;
	parent = NULL;
	for (link = &watched.root; *link != NULL;) {
		struct watch *other =
		    container_of(*link, struct watch, w_vnode);

		parent = *link;
		link = (uintptr_t)base_of(other) > (uintptr_t)base_of(w)
			   ? &parent->left
			   : &parent->right;
	}
	rb_insert(&watched, &w->w_vnode, parent, link);
	atomic_or(&base_of(w)->v_flags, VV_WATCHED);
	atomic_add(&inotify_watches, 1);
}

/* Off all trees, to be freed later: its vnode may go with it. (l) */
static void
take_off(struct watch *w, struct list *doomed)
{
	struct inotify *in = w->w_inotify;

	rb_remove(&in->i_watches, &w->w_node);
	in->i_nwatches--;
	rb_remove(&watched, &w->w_vnode);
	if (first_watch(base_of(w)) == NULL)
		atomic_and(&base_of(w)->v_flags, ~VV_WATCHED);
	atomic_sub(&inotify_watches, 1);
	list_push_back(doomed, &w->w_link);
}

static void
free_watches(struct list *doomed)
{
	struct watch *w, *next;

	LIST_FOREACH_SAFE (w, doomed, w_link, next) {
		vnode_release(w->w_vp);
		kmem_free(w, sizeof(*w));
	}
}

/* One watch hears of it, for the last time if it, or the file, ends. (l) */
static void
hear(struct watch *w, uint32_t event, uint32_t cookie, const struct cname *cn,
    struct list *doomed)
{
	struct inotify *in = w->w_inotify;
	const bool wanted = ((w->w_mask | IN_UNMOUNT) & event) != 0;
	const bool over = (event & (IN_DELETE_SELF | IN_UNMOUNT)) != 0;

	if (wanted)
		tell(in, w->w_wd, event, cookie, cn);
	if (over || (wanted && (w->w_mask & IN_ONESHOT) != 0)) {
		tell(in, w->w_wd, IN_IGNORED, 0, NULL);
		take_off(w, doomed);
	}
}

/* All watches of vp hear of it; cn: the entry of the directory vp that it
 * concerns, or NULL: vp itself. */
static void
log_event(
    struct vnode *vp, uint32_t event, uint32_t cookie, const struct cname *cn)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct watch *w, *next;

	vp = vp->v_base;
	if ((atomic_load(&vp->v_flags) & VV_WATCHED) == 0)
		return;
	mutex_lock(&inotify_lock);
	for (w = first_watch(vp); w != NULL; w = next) {
		next = next_watch(w);
		hear(w, event, cookie, cn, &doomed);
	}
	mutex_unlock(&inotify_lock);
	free_watches(&doomed);
}

static uint32_t
kind_of(const struct vnode *vp)
{
	return (vp->v_type == VDIR ? IN_ISDIR : 0);
}

/* vp's directory hears of it, if vp has a name there. */
static void
log_above(struct vnode *vp, uint32_t event)
{
	char name[NAME_MAX + 1];
	struct cname cn = {.cn_name = name, .cn_len = NAME_MAX};
	struct vnode *dvp;

	if (vp->v_ops->vo_name == NULL || (vp->v_flags & VV_ROOT) != 0 ||
	    vp->v_ops->vo_name(vp, &dvp, name, &cn.cn_len) != 0)
		return;
	log_event(dvp, event | kind_of(vp), 0, &cn);
	vnode_release(dvp);
}

void
inotify_note(struct vnode *vp, long note)
{
	static const struct {
		long note;
		uint32_t event;
	} kinds[] = {
	    {NOTE_READ, IN_ACCESS},
	    {NOTE_WRITE, IN_MODIFY},
	    {NOTE_ATTRIB, IN_ATTRIB},
	    {NOTE_OPEN, IN_OPEN},
	    {NOTE_CLOSE, IN_CLOSE_NOWRITE},
	    {NOTE_CLOSE_WRITE, IN_CLOSE_WRITE},
	};
	uint32_t event = 0;

	for (unsigned i = 0; i < nitems(kinds); i++)
		if ((note & kinds[i].note) != 0)
			event = kinds[i].event;
	/* What is written into a directory are names, told of by others. */
	if (vp->v_type == VDIR && (event & OF_ENTRIES) != 0)
		event = 0;
	if (event == 0)
		return;
	log_event(vp, event | kind_of(vp), 0, NULL);
	log_above(vp, event);
}

void
inotify_created(
    struct vnode *dvp, const struct cname *cn, struct vnode *vp, bool linked)
{
	if (linked)
		log_event(vp, IN_ATTRIB, 0, NULL);
	log_event(dvp, IN_CREATE | kind_of(vp), 0, cn);
}

/* Of the file itself: it has other names, or it is gone. */
static void
log_unlinked(struct vnode *vp)
{
	struct vattr va;

	if ((atomic_load(&vp->v_base->v_flags) & VV_WATCHED) == 0)
		return;
	if (vp->v_type != VDIR)
		log_event(vp, IN_ATTRIB, 0, NULL);
	if (vp->v_type == VDIR || vn_getattr(vp, &va) != 0 || va.va_nlink == 0)
		log_event(vp, IN_DELETE_SELF | kind_of(vp), 0, NULL);
}

void
inotify_removed(struct vnode *dvp, const struct cname *cn, struct vnode *vp)
{
	log_unlinked(vp);
	log_event(dvp, IN_DELETE | kind_of(vp), 0, cn);
}

void
inotify_moved(const struct namei *from, const struct namei *to)
{
	struct vnode *vp = from->nd_vp;
	uint32_t cookie;

	do
		cookie = atomic_add(&last_cookie, 1);
	while (cookie == 0);
	log_event(vp, IN_MOVE_SELF | kind_of(vp), 0, NULL);
	log_event(
	    from->nd_dvp, IN_MOVED_FROM | kind_of(vp), cookie, &from->nd_cn);
	log_event(to->nd_dvp, IN_MOVED_TO | kind_of(vp), cookie, &to->nd_cn);
	if (to->nd_vp != NULL)
		log_unlinked(to->nd_vp);
}

void
inotify_unmount(uint64_t fsid)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct rb_node *n, *next;

	mutex_lock(&inotify_lock);
	for (n = rb_first(&watched); n != NULL; n = next) {
		struct watch *w = container_of(n, struct watch, w_vnode);

		next = rb_next(n);
		if (w->w_vp->v_mount->mnt_fsid == fsid)
			hear(w, IN_UNMOUNT, 0, NULL, &doomed);
	}
	mutex_unlock(&inotify_lock);
	free_watches(&doomed);
}

/*
 * The file.
 */

/* Takes the next record if `room` suffices: *r, NULL for the overflow's; false:
 * there is none, or it is too long. (l) */
static bool
take_record(struct inotify *in, size_t room, struct record **rp)
{
	struct record *r = LIST_FIRST(&in->i_records, struct record, r_link);
	size_t size =
	    r != NULL ? size_of(&r->r_event) : sizeof(struct inotify_event);

	if ((r == NULL && !in->i_overflow) || size > room)
		return (false);
	*rp = r;
	in->i_bytes -= size;
	if (r == NULL) {
		in->i_overflow = false;
	} else {
		list_remove(&r->r_link);
		in->i_nrecords--;
	}
	return (true);
}

/* Until there is something to read. (l) */
static int
wait_record(struct file *fp, struct inotify *in)
{
	int error = 0;

	while (in->i_bytes == 0 && error == 0)
		error = file_nonblock(fp)
			    ? EAGAIN
			    : cv_wait_sig(&in->i_arrived, &inotify_lock);
	return (error);
}

/* A record that can't be copied out is lost. */
static int
inotify_read(struct file *fp, struct uio *uio, int flags)
{
	static const struct inotify_event overflow = {-1, IN_Q_OVERFLOW, 0, 0};
	struct inotify *in = fp->f_data;
	const size_t asked = uio->uio_resid;
	struct record *r;
	bool taken;
	int error;

	mutex_lock(&inotify_lock);
	error = wait_record(fp, in);
	taken = error == 0 && take_record(in, uio->uio_resid, &r);
	mutex_unlock(&inotify_lock);
	while (taken && error == 0) {
		const struct inotify_event *ev =
		    r != NULL ? &r->r_event : &overflow;

		error = uiomove((void *)(uintptr_t)ev, size_of(ev), uio);
		if (r != NULL)
			record_free(r);
		if (error != 0)
			break;
		mutex_lock(&inotify_lock);
		taken = take_record(in, uio->uio_resid, &r);
		mutex_unlock(&inotify_lock);
	}
	return (error == 0 && uio->uio_resid == asked ? EINVAL : error);
}

static int
inotify_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct inotify *in = fp->f_data;

	if (cmd != FIONREAD)
		return (ENOTTY);
	*(int *)data = (int)atomic_load(&in->i_bytes);
	return (0);
}

static int
inotify_poll(struct file *fp, int events)
{
	struct inotify *in = fp->f_data;

	return (atomic_load(&in->i_bytes) != 0 ? events & (POLLIN | POLLRDNORM)
					       : 0);
}

static struct event_source *
inotify_events(struct file *fp)
{
	return (&((struct inotify *)fp->f_data)->i_events);
}

static int64_t
inotify_ready(struct file *fp, int filter)
{
	return ((int64_t)atomic_load(&((struct inotify *)fp->f_data)->i_bytes));
}

static int
inotify_stat(struct file *fp, struct stat *st)
{
	struct inotify *in = fp->f_data;

	file_stat_plain(fp, S_IFREG | S_IRUSR, st);
	mutex_lock(&inotify_lock);
	st->st_size = (off_t)in->i_bytes;
	st->st_blocks = (blkcnt_t)in->i_nrecords + in->i_overflow;
	mutex_unlock(&inotify_lock);
	st->st_ino = in->i_serial;
	st->st_blksize =
	    sizeof(struct inotify_event) + roundup2(NAME_MAX + 1, sizeof(int));
	return (0);
}

static size_t
inotify_memory(struct file *fp)
{
	struct inotify *in = fp->f_data;

	return (atomic_load(&in->i_nrecords) * sizeof(struct record) +
		atomic_load(&in->i_bytes) +
		atomic_load(&in->i_nwatches) * sizeof(struct watch));
}

static void
inotify_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct inotify *in = fp->f_data;

	mutex_lock(&inotify_lock);
	kf->kf_un.kf_inotify.kf_inotify_npending =
	    in->i_nrecords + in->i_overflow;
	kf->kf_un.kf_inotify.kf_inotify_nbpending = in->i_bytes;
	mutex_unlock(&inotify_lock);
}

static void
inotify_close(struct file *fp)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct inotify *in = fp->f_data;
	struct record *r, *next;
	struct rb_node *n;

	mutex_lock(&inotify_lock);
	list_remove(&in->i_link);
	while ((n = rb_first(&in->i_watches)) != NULL)
		take_off(container_of(n, struct watch, w_node), &doomed);
	mutex_unlock(&inotify_lock);
	free_watches(&doomed);
	LIST_FOREACH_SAFE (r, &in->i_records, r_link, next)
		record_free(r);
	event_source_drain(&in->i_events);
	kmem_free(in, sizeof(*in));
}

static const struct fileops inotify_ops = {
    .fo_read = inotify_read,
    .fo_ioctl = inotify_ioctl,
    .fo_poll = inotify_poll,
    .fo_events = inotify_events,
    .fo_ready = inotify_ready,
    .fo_stat = inotify_stat,
    .fo_memory = inotify_memory,
    .fo_kinfo = inotify_kinfo,
    .fo_close = inotify_close,
    .fo_passable = true,
};

/*
 * The calls.
 */

/* What a user has: instances, and watches of all of them. (l) */
static void
count_user(uid_t uid, unsigned *ninstances, unsigned *nwatches)
{
	struct inotify *in;

	*ninstances = *nwatches = 0;
	LIST_FOREACH (in, &instances, i_link)
		if (in->i_uid == uid) {
			++*ninstances;
			*nwatches += in->i_nwatches;
		}
}

static int
create(uid_t uid, struct inotify **inp)
{
	struct inotify *in = kmem_alloc(sizeof(*in), KM_ZERO);
	unsigned ninstances, nwatches;

	if (in == NULL)
		return (ENOMEM);
	in->i_uid = uid;
	list_init(&in->i_records);
	cv_init(&in->i_arrived, "inotify");
	event_source_init(&in->i_events, "inotify events");
	mutex_lock(&inotify_lock);
	count_user(uid, &ninstances, &nwatches);
	if (ninstances < max_instances) {
		in->i_serial = ++last_serial;
		list_push_back(&instances, &in->i_link);
	}
	mutex_unlock(&inotify_lock);
	if (ninstances >= max_instances) {
		kmem_free(in, sizeof(*in));
		return (EMFILE);
	}
	*inp = in;
	return (0);
}

int
kern_inotify(struct thread *td, int flags, int *fdp)
{
	struct inotify *in;
	struct file *fp;
	int error;

	if ((flags & ~(IN_NONBLOCK | IN_CLOEXEC)) != 0)
		return (EINVAL);
	error = create(td->td_cred->cr_ruid, &in);
	if (error != 0)
		return (error);
	fp = file_alloc(td, DTYPE_INOTIFY,
	    FREAD | ((flags & IN_NONBLOCK) != 0 ? O_NONBLOCK : 0), &inotify_ops,
	    in);
	if (fp == NULL) {
		mutex_lock(&inotify_lock);
		list_remove(&in->i_link);
		mutex_unlock(&inotify_lock);
		kmem_free(in, sizeof(*in));
		return (ENFILE);
	}
	return (
	    fd_open(td, fp, (flags & IN_CLOEXEC) != 0 ? UF_EXCLOSE : 0, fdp));
}

static int
get(struct thread *td, int fd, struct file **fpp)
{
	int error = fd_get(td, fd, 0, fpp);

	if (error == 0 && (*fpp)->f_ops != &inotify_ops) {
		file_release(*fpp);
		error = EINVAL;
	}
	return (error);
}

static unsigned
watch_limit(void)
{
	return (max_watches != 0 ? max_watches
				 : (unsigned)MIN(page_total() / 8, INT_MAX));
}

/* A number that wasn't given out for as long as can be. (l) */
static int
new_number(struct inotify *in)
{
	do
		in->i_last = in->i_last == INT_MAX ? 1 : in->i_last + 1;
	while (find_number(in, in->i_last) != NULL);
	return (in->i_last);
}

/* The instance watches vp already: its mask changes. (l) */
static int
change_mask(struct watch *w, uint32_t mask)
{
	if ((mask & IN_MASK_CREATE) != 0)
		return (EEXIST);
	w->w_mask = (mask & IN_MASK_ADD) != 0 ? w->w_mask | mask : mask;
	return (0);
}

/* vp's reference becomes the watch's, or goes. */
static int
add_watch(struct inotify *in, struct vnode *vp, uint32_t mask, int *wdp)
{
	struct watch *new = kmem_alloc(sizeof(*new), KM_ZERO), *w;
	unsigned ninstances, nwatches;
	int error = new == NULL ? ENOMEM : 0;

	mutex_lock(&inotify_lock);
	for (w = first_watch(vp->v_base); w != NULL; w = next_watch(w))
		if (w->w_inotify == in)
			break;
	count_user(in->i_uid, &ninstances, &nwatches);
	if (w != NULL) {
		error = change_mask(w, mask);
		*wdp = w->w_wd;
	} else if (error == 0 && nwatches >= watch_limit()) {
		error = ENOSPC;
	} else if (error == 0) {
		new->w_inotify = in;
		new->w_vp = vp;
		new->w_mask = mask;
		*wdp = new->w_wd = new_number(in);
		insert(in, new);
		new = NULL;
		vp = NULL;
	}
	mutex_unlock(&inotify_lock);
	if (new != NULL)
		kmem_free(new, sizeof(*new));
	if (vp != NULL)
		vnode_release(vp);
	return (error);
}

static int
check_mask(uint32_t mask)
{
	const uint32_t both = IN_MASK_ADD | IN_MASK_CREATE;

	if ((mask & IN_ALL_EVENTS) == 0 || (mask & both) == both ||
	    (mask & ~(IN_ALL_EVENTS | IN_ALL_FLAGS | IN_UNMOUNT)) != 0)
		return (EINVAL);
	return (0);
}

/* The file to be watched, referenced. */
static int
look_up(struct thread *td, int dfd, const char *path, uint32_t mask,
    struct vnode **vpp)
{
	struct namei nd;
	int error;

	error = namei_at(td, &nd, dfd, path,
	    (mask & IN_DONT_FOLLOW) != 0 ? 0 : NAMEI_FOLLOW);
	if (error != 0)
		return (error);
	*vpp = nd.nd_vp;
	vnode_hold(*vpp);
	namei_done(&nd);
	rw_rlock(&(*vpp)->v_base->v_lock);
	error = vfs_access(*vpp, VREAD, td->td_cred);
	rw_runlock(&(*vpp)->v_base->v_lock);
	if (error == 0 && (mask & IN_ONLYDIR) != 0 && (*vpp)->v_type != VDIR)
		error = ENOTDIR;
	if (error != 0)
		vnode_release(*vpp);
	return (error);
}

int
kern_inotify_add_watch(struct thread *td, int fd, int dfd, const char *path,
    uint32_t mask, int *wdp)
{
	struct vnode *vp;
	struct file *fp;
	int error;

	error = check_mask(mask);
	if (error == 0)
		error = get(td, fd, &fp);
	if (error != 0)
		return (error);
	error = look_up(td, dfd, path, mask, &vp);
	if (error == 0)
		error = add_watch(fp->f_data, vp, mask, wdp);
	file_release(fp);
	return (error);
}

int
kern_inotify_rm_watch(struct thread *td, int fd, int wd)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct inotify *in;
	struct watch *w;
	struct file *fp;
	int error;

	error = get(td, fd, &fp);
	if (error != 0)
		return (error);
	in = fp->f_data;
	mutex_lock(&inotify_lock);
	w = find_number(in, wd);
	if (w == NULL) {
		error = EINVAL;
	} else {
		tell(in, wd, IN_IGNORED, 0, NULL);
		take_off(w, &doomed);
	}
	mutex_unlock(&inotify_lock);
	free_watches(&doomed);
	file_release(fp);
	return (error);
}
