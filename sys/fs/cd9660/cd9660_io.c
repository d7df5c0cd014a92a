/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages from the disk: the disk's own, by which the parser reads, and files'.
 */
#include "fs/cd9660/cd9660.h"
#include "lib/string.h"
#include "vm/map.h"
#include "vm/page.h"
#include "vm/pageout.h"

#define FETCH_MAX 256 /* pages of a directory that are read at once */

static int
read_meta(struct vm_object *o, struct vm_read *rd)
{
	struct cd9660_mount *cm = o->o_data;
	const uint64_t at = ptoa(rd->vr_index), size = cm->cm_disk->d_size;
	struct bio_batch io;

	rd->vr_valid = size;
	bio_batch_init_pages(&io, cm->cm_disk, rd);
	bio_batch_add(&io, at, page_virt(rd->vr_pages[0]),
	    (uint32_t)MIN(PAGE_SIZE, size - at));
	return (bio_batch_finish(&io));
}

/* Is that page there, or may it be read? EMISSED. */
static int
may_read(struct cd9660_mount *cm, uint64_t index)
{
	struct page *pg;
	int error;

	if (curthread()->td_miss == NULL)
		return (0);
	mutex_lock(&cm->cm_meta.o_lock);
	error = object_page(&cm->cm_meta, index, 0, &pg);
	mutex_unlock(&cm->cm_meta.o_lock);
	return (error == EBUSY ? vn_missed(index) : 0);
}

static int
get_page(struct cd9660_mount *cm, uint64_t index, struct page **pg)
{
	int error;

	do
		error = vm_object_page(&cm->cm_meta, index, 0, pg);
	while (error == ENOMEM && pageout_wait());
	return (error);
}

static int
device_read(struct iso_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct cd9660_mount *cm =
	    container_of(dev, struct cd9660_mount, cm_device);
	struct page *pg;
	size_t n, in_page;
	int error;

	for (; size > 0; size -= n, offset += n, buf = (uint8_t *)buf + n) {
		in_page = offset & PAGE_MASK;
		n = MIN(size, PAGE_SIZE - in_page);
		error = may_read(cm, atop(offset));
		if (error == 0)
			error = get_page(cm, atop(offset), &pg);
		if (error != 0)
			return (error);
		memcpy(buf, (uint8_t *)page_virt(pg) + in_page, n);
		page_release(pg);
	}
	return (0);
}

void
cd9660_meta_init(struct cd9660_mount *cm)
{
	static const struct vm_object_ops ops = {.vo_read = read_meta};

	vm_object_init(&cm->cm_meta, &ops, cm, cm->cm_disk->d_size);
	cm->cm_device.id_read = device_read;
	cm->cm_device.id_size = cm->cm_disk->d_size;
}

/* Who misses a part of a directory will need the rest. */
int
cd9660_fetch(struct vnode *vp, uint64_t page)
{
	struct cd9660_node *n = cd9660_node(vp);
	const uint64_t first = atop(n->n_i.i_start);
	uint64_t end = atop(round_page(n->n_i.i_start + n->n_i.i_size));
	struct page *pg;
	int error = get_page(n->n_cm, page, &pg);

	if (error == 0)
		page_release(pg);
	if (vp->v_type != VDIR)
		return (error);
	end = MIN(end, first + FETCH_MAX);
	for (uint64_t i = first; error == 0 && i < end; i++) {
		error = get_page(n->n_cm, i, &pg);
		if (error == 0)
			page_release(pg);
	}
	return (error);
}

/* A file's pages; the disk may end before it, where an image was cut. */
static int
read_pages(struct vm_object *o, struct vm_read *rd)
{
	struct cd9660_node *n = o->o_data;
	const struct disk *dp = n->n_cm->cm_disk;
	const uint64_t sectors =
	    roundup2(n->n_i.i_size, (uint64_t)dp->d_sector);
	struct bio_batch io;
	uint64_t at, from;
	uint32_t len;
	int error = 0, e;

	rd->vr_valid = n->n_i.i_size;
	bio_batch_init_pages(&io, n->n_cm->cm_disk, rd);
	for (unsigned i = 0; i < rd->vr_n && error == 0; i++) {
		at = ptoa(rd->vr_index + i);
		from = n->n_i.i_start + at;
		len = (uint32_t)MIN(PAGE_SIZE, sectors - at);
		if (from > dp->d_size || len > dp->d_size - from)
			error = EIO;
		else
			bio_batch_add(
			    &io, from, page_virt(rd->vr_pages[i]), len);
	}
	e = bio_batch_finish(&io);
	return (error != 0 ? error : e);
}

const struct vm_object_ops cd9660_object_ops = {.vo_read = read_pages};
