/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the console is told of a disk's errors: the first few one by one, and
 * then how many there were in each second, so that a disk that dies doesn't
 * drown everything else.  After a quiet while it begins anew.
 */
#include "amd64/md.h"
#include "disk/bio.h"
#include "core/callout.h"
#include "core/printf.h"
#include "time/time.h"

#define EACH  8 /* are told of at first */
#define EVERY NSEC_PER_SEC
#define QUIET (60 * NSEC_PER_SEC)

static const char *
name_of(enum bio_cmd cmd)
{
	static const char *const names[] = {[BIO_READ] = "read",
	    [BIO_WRITE] = "write",
	    [BIO_DELETE] = "delete",
	    [BIO_FLUSH] = "flush",
	    [BIO_IDENT] = "ident"};

	return (names[cmd]);
}

static void
sum_up(void *arg)
{
	struct disk *dp = arg;
	struct disk_errors *de = &dp->d_errors;

	spin_lock(&de->de_lock);
	kprintf("%s: %u more error%s, the last a %s error at sector %lu\n",
	    dp->d_name, de->de_silent, de->de_silent == 1 ? "" : "s",
	    name_of(de->de_cmd), de->de_sector);
	de->de_silent = 0;
	spin_unlock(&de->de_lock);
}

void
disk_errors_init(struct disk *dp)
{
	spin_init(&dp->d_errors.de_lock, "disk errors");
	callout_init(&dp->d_errors.de_callout, sum_up, dp);
}

void
disk_tell_error(struct disk *dp, enum bio_cmd cmd, uint64_t sector)
{
	struct disk_errors *de = &dp->d_errors;
	uint64_t now = clock_ns();

	spin_lock(&de->de_lock);
	if (now - de->de_last > QUIET && de->de_silent == 0)
		de->de_told = 0;
	de->de_last = now;
	if (de->de_told < EACH) {
		de->de_told++;
		kprintf("%s: %s error at sector %lu\n", dp->d_name,
		    name_of(cmd), sector);
	} else {
		de->de_cmd = cmd;
		de->de_sector = sector;
		if (de->de_silent++ == 0)
			callout_set(&de->de_callout, now + EVERY);
	}
	spin_unlock(&de->de_lock);
}
