/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Any bytes, to each of the parsers that meet bytes from outside and depend on
 * nothing.  Built with libFuzzer it searches; with -DREPLAY it takes the files
 * named on its command line, or makes up some thousand inputs from a seed.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/imp/elf.h"
#include "dev/virtio/mmio_cmdline.h"
#include "../disk/whole.h"
#include "host/run_config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void
check(int condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "parser's promise broken: %s\n", what);
		abort();
	}
}

/* A command line is a string: the copy ends where the memory does. */
static void
try_cmdline(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *at = text, *before;
	struct mmio_place place;
	enum mmio_found found;

	memcpy(text, data, size);
	text[size] = '\0';
	do {
		before = at;
		found = mmio_cmdline_next(&at, &place);
		check(at <= text + strlen(text), "stays within the line");
		check(found == MMIO_END || at > before, "moves on");
		if (found == MMIO_DEVICE)
			check(place.size > 0 &&
				  place.base + place.size > place.base,
			    "the place makes sense");
	} while (found != MMIO_END);
	free(text);
}

static void
try_run_config(const uint8_t *data, size_t size)
{
	char *text = malloc(size + (size == 0)), **list;
	struct run_config rc;
	size_t n = 0;

	memcpy(text, data, size);
	if (run_config_parse(&rc, text, size)) {
		list = calloc(rc.rc_argc + 1, sizeof(*list));
		run_config_list(&rc, "arg", list);
		while (list[n] != NULL)
			n++;
		check(n == rc.rc_argc, "as many arguments as counted");
		free(list);
	}
	free(text);
}

static void
try_elf(const uint8_t *data, size_t size)
{
	char *image = malloc(size + (size == 0));
	bool dynamic;

	memcpy(image, data, size);
	(void)elf_check(image, size, &dynamic);
	free(image);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_memory_map(data, size);
	try_mptable(data, size);
	try_cmdline(data, size);
	try_run_config(data, size);
	try_elf(data, size);
	return (0);
}

#ifdef REPLAY
#define SEED(text)                                                             \
	{                                                                      \
		(text), sizeof(text)                                           \
	}
static const struct {
	const char *bytes;
	size_t size;
} seeds[] = {
    SEED("boot_verbose=YES virtio_mmio.device=512@0xfeb00e00:12"),
    SEED("virtio_mmio.device=4K@0xd0000000:5:3 virtio_mmio.device="),
    SEED("path=/a\0arg=a\0arg=b\0env=X=1\0cwd=/\0tty=7\0time=123456789"),
    SEED("\177ELF\2\1\1\11\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0\0\0\100\0\0\0\0\0"
	 "\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\100\0\70\0\2\0\0\0\0\0\0\0"
	 "\4\0\0\0\4\0\0\0\170\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
};

/* A seed with some bytes changed, cut somewhere. */
static void
mutate(unsigned round)
{
	uint8_t data[192];
	size_t size;

	memset(data, 0, sizeof(data));
	memcpy(data, seeds[round % (sizeof(seeds) / sizeof(seeds[0]))].bytes,
	    seeds[round % (sizeof(seeds) / sizeof(seeds[0]))].size);
	size = (size_t)rand() % sizeof(data);
	for (int i = rand() % 4; i > 0; i--)
		data[(size_t)rand() % sizeof(data)] = (uint8_t)rand();
	LLVMFuzzerTestOneInput(data, size);
}

static void
replay(const char *name)
{
	size_t size;
	uint8_t *data = whole_file(name, &size);

	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1) {
		good_mptable();
		srand(1);
		for (unsigned round = 0; round < 400000; round++)
			mutate(round);
	}
	return (0);
}
#endif
