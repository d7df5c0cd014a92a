/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random addresses: the same for all programs or others for each, as
 * kern.elf64.aslr.once says; none, if the sysctl or the process wants none; and
 * always others for set-id programs.  A copy of this program tells where mmap
 * puts a page.
 */
#include "fbsd/procctl.h"
#include "selfcopy.h"

enum { SYS_procctl = 544 };

#define COPIES	  8
#define FROM	  20
#define TO	  21
#define SELF	  "/tmp/aslr"
#define SELF_SUID "/tmp/aslr-suid"

static int
control(int command, int value)
{
	CHECK_EQ(SYS(SYS_procctl, 0 /* P_PID */, 0, command, &value), 0);
	return (value);
}

static void
disable(void)
{
	(void)control(PROC_ASLR_CTL, PROC_ASLR_FORCE_DISABLE);
}

static void
enable(void)
{
	(void)control(PROC_ASLR_CTL, PROC_ASLR_FORCE_ENABLE);
}

/* Its status: whether the kernel says that its addresses are random. */
static int
tell(void)
{
	const void *place = map_anon(4096, MAP_ANON_PRIVATE);

	CHECK_EQ(SYS(SYS_write, TO, &place, sizeof(place)), sizeof(place));
	return (
	    ((unsigned)control(PROC_ASLR_STATUS, 0) & PROC_ASLR_ACTIVE) != 0);
}

static uint64_t
place_of(const char *path, void (*before)(void), bool random)
{
	uint64_t place = 0;

	CHECK_EQ(ask(NOBODY, path, "tell", before), random);
	CHECK_EQ(SYS(SYS_read, FROM, &place, sizeof(place)), sizeof(place));
	return (place);
}

/* Are those of several copies the same? */
static bool
alike(const char *path, void (*before)(void), bool random)
{
	const uint64_t first = place_of(path, before, random);
	bool same = true;

	for (int i = 1; i < COPIES; i++)
		same &= place_of(path, before, random) == first;
	return (same);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (tell());
	make_pipe(FROM, TO);
	copy_self(SELF, 0755);
	copy_self(SELF_SUID, 04755);
	CHECK_EQ(set_sysctl("kern.elf64.aslr.once", 1), 0);
	CHECK(alike(SELF, NULL, true));
	CHECK(!alike(SELF_SUID, NULL, true));
	CHECK_EQ(set_sysctl("kern.elf64.aslr.once", 0), 0);
	CHECK_EQ(get_sysctl("kern.elf64.aslr.once"), 0);
	CHECK(!alike(SELF, NULL, true));
	CHECK(alike(SELF, disable, false));
	CHECK(!alike(SELF_SUID, disable, true));
	CHECK_EQ(set_sysctl("kern.elf64.aslr.enable", 0), 0);
	CHECK(alike(SELF, NULL, false));
	CHECK(!alike(SELF, enable, true));
	return (result("aslr"));
}
