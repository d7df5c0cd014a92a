/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that programs open.  Drivers make them; whoever shows them to
 * programs (fs/devfs) watches them come and go.
 */
#ifndef FILE_CDEV_H
#define FILE_CDEV_H

#include "file/file.h"

#define CDEV_NAME_MAX 64

/* (l) cdev_lock, (!) set before it is seen, (a) atomic. */
struct cdev {
	struct list cd_link;	      /* (l) in cdevs */
	unsigned cd_refs;	      /* (a) the list's, and watchers' */
	const struct fileops *cd_ops; /* (!) */
	void *cd_data;		      /* (!) */
	int (*cd_open)(struct cdev *, struct file *, struct thread *);
	void (*cd_revoke)(struct cdev *);
	void (*cd_free)(void *data); /* (!) or NULL */
	mode_t cd_mode;		     /* (!) at first; and the owners */
	uid_t cd_uid;
	gid_t cd_gid;
	unsigned cd_number;	     /* (!) minor number, and inode's */
	int cd_dupfd;		     /* (!) opens this descriptor; -1 */
	bool cd_gone;		     /* (l) destroy_dev() was called */
	struct timespec cd_made;     /* (!) */
	char cd_name[CDEV_NAME_MAX]; /* (!) below /dev */
};

/*
 * `name` is the path below /dev.  Files on the device have `ops`, and `data` as
 * f_data; what concerns the name (mode, owners, times) is no business of ops:
 * without fo_stat, fstat(2) is about that.  NULL: no memory.
 */
struct cdev *make_dev(const struct fileops *ops, void *data, mode_t mode,
    uid_t uid, gid_t gid, const char *fmt, ...) __printflike(6, 7) __sleeps;
/* The same in two steps: between them nobody knows of it. */
struct cdev *new_dev(const struct fileops *ops, void *data, mode_t mode,
    uid_t uid, gid_t gid, const char *fmt, ...) __printflike(6, 7);
void publish_dev(struct cdev *dev) __sleeps;
/* Root's, without data, and with what is called at each opening. */
struct cdev *make_open_dev(const struct fileops *ops,
    int (*open)(struct cdev *dev, struct file *fp, struct thread *td),
    mode_t mode, const char *name) __sleeps;
void destroy_dev(struct cdev *dev) __sleeps;
/* Before it is published: called at each opening, with the file's f_ops and
 * f_data set, which it may change; an errno: it can't be opened.  May sleep. */
void cdev_set_open(struct cdev *dev,
    int (*open)(struct cdev *dev, struct file *fp, struct thread *td));
/* revoke(2): whoever has the device open has it no longer.  NULL, as at first:
 * EOPNOTSUPP. */
void cdev_set_revoke(struct cdev *dev, void (*revoke)(struct cdev *dev));
/* Called with its data when nobody can open it any more, cdev_lock held or not.
 */
void cdev_set_free(struct cdev *dev, void (*fn)(void *data));
void *cdev_data(struct cdev *dev);
dev_t cdev_number(const struct cdev *dev); /* st_rdev */
/* The name below /dev of the device with that number: 0, ENOENT. */
int cdev_name(dev_t number, char *buf, size_t size);

/* Drops a reference to what may be destroyed already. */
void cdev_release(struct cdev *dev) __sleeps;

/* Who shows them.  All of this with cdev_lock, which also guards what the
 * watcher keeps of them. */
struct cdev_watcher {
	void (*cw_made)(struct cdev *dev);
	void (*cw_gone)(struct cdev *dev);
};
extern struct mutex cdev_lock;
extern struct list cdevs; /* (l) */
void cdev_watch(const struct cdev_watcher *watcher);

#endif
