/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much each disk did: kern.devstat.*, that iostat(8) and vmstat(8) read.
 * Whole disks are counted; a request counts from when it is the driver's until
 * it is through.
 *
 * /dev/devstat is the same as memory, which gstat(8) maps and looks at as often
 * as it likes.  From its first opening on disks have records in there, which
 * they keep up to date.
 */
#include "amd64/md.h"
#include "core/device.h"
#include "core/sysctl.h"
#include "disk/bio.h"
#include "fbsd/disk.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/time.h"
#include "file/cdev.h"
#include "lib/string.h"
#include "vm/vm.h"

#define DEVSTAT_VERSION	 6
#define DEVSTAT_PRIORITY 0xfff /* of disks: the first */
#define NAME_SIZE	 16

struct bintime {
	int64_t sec;
	uint64_t frac; /* of 2^64 in a second */
};

struct devstat {
	uint32_t sequence0; /* as sequence1: nobody is changing it */
	int allocated;
	uint32_t start_count, end_count;
	struct bintime busy_from;
	uint64_t spare_0;
	uint32_t device_number;
	char device_name[NAME_SIZE];
	int unit_number;
	uint64_t bytes[DISK_KINDS];
	uint64_t operations[DISK_KINDS];
	struct bintime duration[DISK_KINDS];
	struct bintime busy_time;
	struct bintime creation_time;
	uint32_t block_size;
	uint64_t tag_types[3];
	int flags;
	int device_type; /* 0: direct access */
	int priority;
	uint64_t id;
	uint32_t sequence1;
};
_Static_assert(sizeof(struct devstat) == 288, "devstat");

/* Another CPU's counter may be a little behind. */
static uint64_t
cycles_from(uint64_t from, uint64_t to)
{
	return (to > from ? to - from : 0);
}

static struct bintime
bintime(uint64_t ns)
{
	return ((struct bintime){(int64_t)(ns / NSEC_PER_SEC),
	    ns % NSEC_PER_SEC * (UINT64_MAX / NSEC_PER_SEC)});
}

/* What clock_ns() was at that count; 0 for 0. */
static uint64_t
ns_at(uint64_t cycles)
{
	const uint64_t now = clock_ns(),
		       ago =
			   clock_cycles_ns(cycles_from(cycles, clock_cycles()));

	return (cycles != 0 && ago < now ? now - ago : 0);
}

static void
count(const struct disk_stats *ds, struct devstat *d)
{
	d->end_count = atomic_load(&ds->ds_ended);
	d->start_count = atomic_load(&ds->ds_begun);
	d->tag_types[0] = d->end_count;
	d->busy_from = bintime(ns_at(atomic_load(&ds->ds_busy_from)));
	d->busy_time = bintime(clock_cycles_ns(atomic_load(&ds->ds_busy)));
	for (unsigned i = 0; i < DISK_KINDS; i++) {
		d->bytes[i] = atomic_load(&ds->ds_work[i].bytes);
		d->operations[i] = atomic_load(&ds->ds_work[i].operations);
		d->duration[i] = bintime(
		    clock_cycles_ns(atomic_load(&ds->ds_work[i].cycles)));
	}
}

/* "vtbd0": a name and a unit. */
static void
split_name(const struct disk *dp, struct devstat *d)
{
	size_t n = 0;

	while (n < NAME_SIZE - 1 && dp->d_name[n] >= 'a') {
		d->device_name[n] = dp->d_name[n];
		n++;
	}
	for (; dp->d_name[n] >= '0' && dp->d_name[n] <= '9'; n++)
		d->unit_number = d->unit_number * 10 + dp->d_name[n] - '0';
}

static void
describe(const struct disk *dp, uint32_t number, struct devstat *d)
{
	const struct disk_stats *ds = &dp->d_stats;

	*d = (struct devstat){.allocated = 1,
	    .device_number = number,
	    .block_size = dp->d_sector,
	    .priority = DEVSTAT_PRIORITY,
	    .id = disk_geom_id(dp)};
	split_name(dp, d);
	d->creation_time = bintime(ds->ds_created);
	count(ds, d);
}

/* What has changed since, with the driver's lock.  Who reads sees by the two
 * numbers that it does. */
static void
note(const struct disk_stats *ds)
{
	struct devstat *d = atomic_load(&ds->ds_record);

	if (__predict_true(d == NULL))
		return;
	__atomic_fetch_add(&d->sequence1, 1, __ATOMIC_SEQ_CST);
	count(ds, d);
	__atomic_fetch_add(&d->sequence0, 1, __ATOMIC_SEQ_CST);
}

void
disk_begun(struct disk *dp, struct bio *bp)
{
	struct disk_stats *ds = &dp->d_stats;

	bp->b_since = clock_cycles();
	if (ds->ds_begun++ == ds->ds_ended)
		ds->ds_busy_from = bp->b_since;
	note(ds);
}

void
disk_ended(struct disk *dp, const struct bio *bp)
{
	static const uint8_t kinds[] = {[BIO_READ] = 1,
	    [BIO_WRITE] = 2,
	    [BIO_DELETE] = 3,
	    [BIO_FLUSH] = 0,
	    [BIO_IDENT] = 0};
	struct disk_stats *ds = &dp->d_stats;
	struct disk_work *work = &ds->ds_work[kinds[bp->b_cmd]];
	const uint64_t now = clock_cycles();

	ds->ds_ended++;
	ds->ds_busy += cycles_from(ds->ds_busy_from, now);
	ds->ds_busy_from = now;
	work->operations++;
	work->cycles += cycles_from(bp->b_since, now);
	if (bp->b_error == 0 && bp->b_cmd <= BIO_DELETE)
		work->bytes += bp->b_length;
	note(ds);
}

static int
whole_disks(void)
{
	int n = 0;

	for (struct disk *dp = NULL; (dp = disk_next(dp)) != NULL;)
		n += dp->d_whole == dp;
	return (n);
}

static int
sysctl_generation(const struct sysctl_node *node, struct sysctl_req *req)
{
	long generation = disk_generation();

	return (sysctl_out(req, &generation, sizeof(generation)));
}

static int
sysctl_numdevs(const struct sysctl_node *node, struct sysctl_req *req)
{
	int n = whole_disks();

	return (sysctl_out(req, &n, sizeof(n)));
}

static int
sysctl_all(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct devstat d;
	uint32_t number = 0;
	int error = sysctl_generation(node, req);
	struct disk *dp = NULL;

	while (error == 0 && (dp = disk_next(dp)) != NULL)
		if (dp->d_whole == dp) {
			describe(dp, number++, &d);
			error = sysctl_out(req, &d, sizeof(d));
		}
	if (dp != NULL)
		disk_release(dp);
	return (error);
}

FEATURE(geom_part_bsd, "BSD labels");
FEATURE(geom_part_gpt, "GPT partitions");
FEATURE(geom_part_mbr, "MBR partitions");
SYSCTL_CONST_INT(
    devstat_version, "kern.devstat.version", CTL_AUTO, DEVSTAT_VERSION);
SYSCTL_PROC(devstat_generation, "kern.devstat.generation", CTL_AUTO,
    CTLTYPE_LONG | CTLFLAG_RD, "L", sysctl_generation, NULL);
SYSCTL_PROC(devstat_numdevs, "kern.devstat.numdevs", CTL_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, "I", sysctl_numdevs, NULL);
SYSCTL_PROC(devstat_all, "kern.devstat.all", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,devstat", sysctl_all, NULL);

/* Records for /dev/devstat: none lies across the end of a page.  The object
 * stays, and so do its pages. */
#define PER_PAGE (PAGE_SIZE / sizeof(struct devstat))

static struct mutex records_lock = MUTEX_INITIALIZER(records_lock, "devstat");
static struct vm_object *records; /* (records_lock) or NULL */

static struct devstat *
record_page(uint64_t index)
{
	struct page *pg;

	if (vm_object_page(records, index, VM_PAGE_WRITE, &pg) != 0)
		return (NULL);
	vm_object_wrote(records, pg);
	page_release(pg);
	return (page_virt(pg));
}

/* One that is nobody's, or NULL. (records_lock) */
static struct devstat *
free_record(void)
{
	const uint64_t pages = atop(records->o_size);
	struct devstat *d;

	for (uint64_t i = 0; i < pages; i++) {
		d = record_page(i);
		for (unsigned k = 0; d != NULL && k < PER_PAGE; k++)
			if (!d[k].allocated)
				return (&d[k]);
	}
	vm_object_resize(records, ptoa(pages + 1));
	return (record_page(pages));
}

/* Each disk has a record now, if there is memory. (records_lock) */
static void
give_records(void)
{
	struct devstat *d;
	uint32_t number = 0;

	for (struct disk *dp = NULL; (dp = disk_next(dp)) != NULL;) {
		if (dp->d_whole != dp)
			continue;
		if (dp->d_stats.ds_record == NULL &&
		    (d = free_record()) != NULL) {
			describe(dp, number, d);
			atomic_store(&dp->d_stats.ds_record, d);
		}
		number++;
	}
}

void
disk_stats_end(struct disk *dp)
{
	struct devstat *d = dp->d_stats.ds_record;

	if (d == NULL)
		return;
	mutex_lock(&records_lock);
	*d = (struct devstat){0};
	mutex_unlock(&records_lock);
}

static int
refresh(void)
{
	static const struct vm_object_ops plain;
	int error = 0;

	mutex_lock(&records_lock);
	if (records == NULL)
		records = vm_object_create(&plain, NULL, PAGE_SIZE);
	if (records != NULL)
		give_records();
	else
		error = ENOMEM;
	mutex_unlock(&records_lock);
	return (error);
}

static int
devstat_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	return ((fp->f_flag & FWRITE) != 0 ? EPERM : refresh());
}

static int
devstat_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	int error;

	if (cmd != DIOCGMEDIASIZE)
		return (ENOTTY);
	error = refresh();
	*(int64_t *)data = (int64_t)records->o_size;
	return (error);
}

static int
devstat_mmap(struct file *fp, struct vm_mapping *m)
{
	if ((m->flags & MAP_SHARED) == 0)
		return (EINVAL);
	m->maxprot &= PROT_READ;
	m->object = records;
	vm_object_hold(records);
	return (0);
}

static const struct fileops devstat_fileops = {.fo_ioctl = devstat_ioctl,
    .fo_mmap = devstat_mmap,
    .fo_passable = true,
    .fo_device = true};

static void
devstat_attach(void)
{
	(void)make_open_dev(&devstat_fileops, devstat_open, 0444, "devstat");
}

static const struct driver devstat_driver = {
    .d_name = "devstat", .d_attach = devstat_attach, .d_late = true};
DRIVER_SET(devstat_driver);
