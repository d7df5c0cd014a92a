/* SPDX-License-Identifier: BSD-2-Clause */
#include "fbsd/errno.h"
#include "file/cdev.h"
#include "file/devctl.h"
#include "core/sysctl.h"
#include "time/time.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

struct mutex cdev_lock = MUTEX_INITIALIZER(cdev_lock, "cdevs");
struct list cdevs = LIST_INITIALIZER(cdevs);
static unsigned last_number;		   /* (l) */
static const struct cdev_watcher *watcher; /* (l) or NULL */

void
cdev_release(struct cdev *cd)
{
	assert_may_sleep("cdev_release");
	if (!refcount_drop(&cd->cd_refs))
		return;
	if (cd->cd_free != NULL)
		cd->cd_free(cd->cd_data);
	kmem_free(cd, sizeof(*cd));
}

void
cdev_watch(const struct cdev_watcher *who)
{
	watcher = who;
}

void
publish_dev(struct cdev *cd)
{
	mutex_lock(&cdev_lock);
	cd->cd_number = ++last_number;
	list_push_back(&cdevs, &cd->cd_link);
	if (watcher != NULL)
		watcher->cw_made(cd);
	mutex_unlock(&cdev_lock);
	devctl_notify("DEVFS", "CDEV", "CREATE", "cdev=%s", cd->cd_name);
}

static struct cdev *
new_cdev(const struct fileops *ops, void *data, mode_t mode, uid_t uid,
    gid_t gid, const char *fmt, va_list ap)
{
	struct cdev *cd = kmem_alloc(sizeof(*cd), KM_ZERO);

	if (cd == NULL)
		return (NULL);
	vsnprintf(cd->cd_name, sizeof(cd->cd_name), fmt, ap);
	list_init(&cd->cd_link);
	cd->cd_refs = 1;
	cd->cd_ops = ops;
	cd->cd_data = data;
	cd->cd_mode = mode;
	cd->cd_uid = uid;
	cd->cd_gid = gid;
	cd->cd_dupfd = -1;
	cd->cd_made = time_now();
	return (cd);
}

struct cdev *
new_dev(const struct fileops *ops, void *data, mode_t mode, uid_t uid,
    gid_t gid, const char *fmt, ...)
{
	struct cdev *cd;
	va_list ap;

	va_start(ap, fmt);
	cd = new_cdev(ops, data, mode, uid, gid, fmt, ap);
	va_end(ap);
	return (cd);
}

struct cdev *
make_dev(const struct fileops *ops, void *data, mode_t mode, uid_t uid,
    gid_t gid, const char *fmt, ...)
{
	struct cdev *cd;
	va_list ap;

	va_start(ap, fmt);
	cd = new_cdev(ops, data, mode, uid, gid, fmt, ap);
	va_end(ap);
	if (cd != NULL)
		publish_dev(cd);
	return (cd);
}

struct cdev *
make_open_dev(const struct fileops *ops,
    int (*open)(struct cdev *dev, struct file *fp, struct thread *td),
    mode_t mode, const char *name)
{
	struct cdev *cd = new_dev(ops, NULL, mode, 0, 0, "%s", name);

	if (cd == NULL)
		return (NULL);
	cdev_set_open(cd, open);
	publish_dev(cd);
	return (cd);
}

void
destroy_dev(struct cdev *cd)
{
	mutex_lock(&cdev_lock);
	cd->cd_gone = true;
	list_remove(&cd->cd_link);
	if (watcher != NULL)
		watcher->cw_gone(cd);
	mutex_unlock(&cdev_lock);
	devctl_notify("DEVFS", "CDEV", "DESTROY", "cdev=%s", cd->cd_name);
	cdev_release(cd);
}

void
cdev_set_open(struct cdev *dev,
    int (*open)(struct cdev *dev, struct file *fp, struct thread *td))
{
	dev->cd_open = open;
}

void
cdev_set_revoke(struct cdev *dev, void (*revoke)(struct cdev *dev))
{
	dev->cd_revoke = revoke;
}

void
cdev_set_free(struct cdev *dev, void (*fn)(void *data))
{
	dev->cd_free = fn;
}

void *
cdev_data(struct cdev *dev)
{
	return (dev->cd_data);
}

dev_t
cdev_number(const struct cdev *dev)
{
	return (dev->cd_number);
}

int
cdev_name(dev_t number, char *buf, size_t size)
{
	struct cdev *cd;
	int error = ENOENT;

	mutex_lock(&cdev_lock);
	LIST_FOREACH (cd, &cdevs, cd_link)
		if (cd->cd_number == number) {
			strlcpy(buf, cd->cd_name, size);
			error = 0;
			break;
		}
	mutex_unlock(&cdev_lock);
	return (error);
}

/* devname(3): a device's number in, its name out. */
static int
sysctl_devname(const struct sysctl_node *node, struct sysctl_req *req)
{
	char name[CDEV_NAME_MAX];
	dev_t number;
	int error;

	error = sysctl_in(req, &number, sizeof(number));
	if (error == 0)
		error = cdev_name(number, name, sizeof(name));
	return (error != 0 ? error : sysctl_out_string(req, name));
}

SYSCTL_PROC(kern_devname, "kern.devname", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RW | CTLFLAG_ANYBODY, "", sysctl_devname, NULL);
