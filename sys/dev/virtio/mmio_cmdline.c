/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The command line's words for virtio devices.  The form is that of the
 * "virtio_mmio.device" parameter which the virtio specification (4.2.1) leaves
 * to the systems, as QEMU and Firecracker write it.
 *
 * No state, no dependencies: this file is also tested and fuzzed on the host.
 */

#include <stdbool.h>
#include <stddef.h>

#include "dev/virtio/mmio_cmdline.h"

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\n');
}

/* Move *at behind the word if it is there. */
static bool
skip_word(const char **at, const char *word)
{
	const char *p = *at;

	while (*word != '\0')
		if (*p++ != *word++)
			return (false);
	*at = p;
	return (true);
}

static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return ((unsigned)(c - '0'));
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return ((unsigned)((c | 0x20) - 'a' + 10));
	return (16);
}

/* A number, decimal or with 0x; false if there is none, or it is too large. */
static bool
parse_number(const char **at, uint64_t *value)
{
	unsigned base, digit;
	const char *first;

	base = skip_word(at, "0x") || skip_word(at, "0X") ? 16 : 10;
	*value = 0;
	for (first = *at; (digit = digit_value(**at)) < base; ++*at)
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return (false);
	return (*at != first);
}

/* A size may end in K, M or G. */
static bool
parse_size(const char **at, uint64_t *value)
{
	unsigned shift = 0;

	if (!parse_number(at, value))
		return (false);
	switch (**at | 0x20) {
	case 'g':
		shift += 10;
		/* FALLTHROUGH */
	case 'm':
		shift += 10;
		/* FALLTHROUGH */
	case 'k':
		shift += 10;
		++*at;
		break;
	}
	if (*value > UINT64_MAX >> shift)
		return (false);
	*value <<= shift;
	return (true);
}

static bool
parse_place(const char **at, struct mmio_place *place)
{
	uint64_t irq, id, end;

	if (!parse_size(at, &place->size) || !skip_word(at, "@") ||
	    !parse_number(at, &place->base) || !skip_word(at, ":") ||
	    !parse_number(at, &irq))
		return (false);
	/* The number that Linux would give the device: of no use here. */
	if (skip_word(at, ":") && !parse_number(at, &id))
		return (false);
	if (**at != '\0' && !is_blank(**at))
		return (false);
	if (place->size == 0 || irq > UINT32_MAX ||
	    __builtin_add_overflow(place->base, place->size, &end))
		return (false);
	place->irq = (uint32_t)irq;
	return (true);
}

enum mmio_found
mmio_cmdline_next(const char **line, struct mmio_place *place)
{
	enum mmio_found found = MMIO_END;
	const char *at = *line;

	while (*at != '\0' && found == MMIO_END) {
		while (is_blank(*at))
			at++;
		if (skip_word(&at, "virtio_mmio.device="))
			found =
			    parse_place(&at, place) ? MMIO_DEVICE : MMIO_BAD;
		/* On to the end of the word, whatever it was. */
		while (*at != '\0' && !is_blank(*at))
			at++;
	}
	*line = at;
	return (found);
}
