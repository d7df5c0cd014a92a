/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names.  A file has a short one, of capitals in DOS's code page (437), and
 * often a long one, in UTF-16; here both are UTF-8.  Names are the same if only
 * capitals differ, of the letters A to Z: those of other alphabets aren't told.
 */
#include "fs/msdosfs/msdosfs_format.h"
#include "lib/string.h"
#include "lib/utf8.h"

/* Code page 437 from 0x80 on. */
static const uint16_t cp437[128] = {
    0x00c7,
    0x00fc,
    0x00e9,
    0x00e2,
    0x00e4,
    0x00e0,
    0x00e5,
    0x00e7,
    0x00ea,
    0x00eb,
    0x00e8,
    0x00ef,
    0x00ee,
    0x00ec,
    0x00c4,
    0x00c5,
    0x00c9,
    0x00e6,
    0x00c6,
    0x00f4,
    0x00f6,
    0x00f2,
    0x00fb,
    0x00f9,
    0x00ff,
    0x00d6,
    0x00dc,
    0x00a2,
    0x00a3,
    0x00a5,
    0x20a7,
    0x0192,
    0x00e1,
    0x00ed,
    0x00f3,
    0x00fa,
    0x00f1,
    0x00d1,
    0x00aa,
    0x00ba,
    0x00bf,
    0x2310,
    0x00ac,
    0x00bd,
    0x00bc,
    0x00a1,
    0x00ab,
    0x00bb,
    0x2591,
    0x2592,
    0x2593,
    0x2502,
    0x2524,
    0x2561,
    0x2562,
    0x2556,
    0x2555,
    0x2563,
    0x2551,
    0x2557,
    0x255d,
    0x255c,
    0x255b,
    0x2510,
    0x2514,
    0x2534,
    0x252c,
    0x251c,
    0x2500,
    0x253c,
    0x255e,
    0x255f,
    0x255a,
    0x2554,
    0x2569,
    0x2566,
    0x2560,
    0x2550,
    0x256c,
    0x2567,
    0x2568,
    0x2564,
    0x2565,
    0x2559,
    0x2558,
    0x2552,
    0x2553,
    0x256b,
    0x256a,
    0x2518,
    0x250c,
    0x2588,
    0x2584,
    0x258c,
    0x2590,
    0x2580,
    0x03b1,
    0x00df,
    0x0393,
    0x03c0,
    0x03a3,
    0x03c3,
    0x00b5,
    0x03c4,
    0x03a6,
    0x0398,
    0x03a9,
    0x03b4,
    0x221e,
    0x03c6,
    0x03b5,
    0x2229,
    0x2261,
    0x00b1,
    0x2265,
    0x2264,
    0x2320,
    0x2321,
    0x00f7,
    0x2248,
    0x00b0,
    0x2219,
    0x00b7,
    0x221a,
    0x207f,
    0x00b2,
    0x25a0,
    0x00a0,
};

uint8_t
fat_name_sum(const uint8_t *name)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < FAT_SHORT; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return (sum);
}

static char
to_lower(char c)
{
	return (c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
}

static bool
is_dots(const char *name, size_t len)
{
	return (len > 0 && len <= 2 && memcmp(name, "..", len) == 0);
}

/* A part of a short name; what can't be in a name becomes a '?'. */
static char *
put_part(char *at, const char *end, const uint8_t *part, size_t n, bool lower)
{
	while (n > 0 && part[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n && at != NULL; i++) {
		uint8_t c = part[i];

		if (c >= 0x80)
			at = utf8_put(at, end, cp437[c - 0x80]);
		else if (c < ' ' || c == '/' || c == 0x7f)
			at = utf8_put(at, end, '?');
		else
			at = utf8_put(at, end,
			    (uint8_t)(lower ? to_lower((char)c) : (char)c));
	}
	return (at);
}

size_t
fat_short_name(const struct fat_dirent *d, bool lower, char *buf)
{
	const char *end = buf + FAT_NAME_MAX;
	uint8_t name[FAT_SHORT];
	char *at, *dot;

	memcpy(name, d->d_name, sizeof(name));
	if (name[0] == FAT_IS_E5)
		name[0] = 0xe5;
	at = put_part(
	    buf, end, name, 8, lower || (d->d_case & FAT_LOWER_BASE) != 0);
	if (at == NULL || at == buf)
		return (0);
	dot = at;
	*at++ = '.';
	at = put_part(
	    at, end, name + 8, 3, lower || (d->d_case & FAT_LOWER_EXT) != 0);
	if (at == NULL || at == dot + 1)
		at = dot;
	return (is_dots(buf, (size_t)(at - buf)) ? 0 : (size_t)(at - buf));
}

size_t
fat_long_name(const uint16_t *units, size_t n, char *buf)
{
	const char *end = buf + FAT_NAME_MAX;
	char *at = buf;

	for (size_t i = 0; i < n && at != NULL; i++) {
		uint32_t c = units[i];

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n &&
		    (units[i + 1] & 0xfc00) == 0xdc00)
			c = 0x10000 + ((c & 0x3ff) << 10) +
			    (units[++i] & 0x3ff);
		if (c < ' ' || c == '/' || (c >= 0xd800 && c < 0xe000))
			return (0);
		at = utf8_put(at, end, c);
	}
	if (at == NULL || is_dots(buf, (size_t)(at - buf)))
		return (0);
	return ((size_t)(at - buf));
}

/* Units lie in three pieces of a slot. */
static size_t
unit_place(unsigned i)
{
	if (i < 5)
		return (offsetof(struct fat_longname, l_units1) + 2 * i);
	if (i < 11)
		return (offsetof(struct fat_longname, l_units2) + 2 * (i - 5));
	return (offsetof(struct fat_longname, l_units3) + 2 * (i - 11));
}

uint16_t
fat_get_unit(const struct fat_longname *l, unsigned i)
{
	uint16_t unit;

	memcpy(&unit, (const uint8_t *)l + unit_place(i), sizeof(unit));
	return (unit);
}

void
fat_put_unit(struct fat_longname *l, unsigned i, uint16_t unit)
{
	memcpy((uint8_t *)l + unit_place(i), &unit, sizeof(unit));
}

bool
fat_same_name(const char *a, size_t alen, const char *b, size_t blen)
{
	if (alen != blen)
		return (false);
	for (size_t i = 0; i < alen; i++)
		if (to_lower(a[i]) != to_lower(b[i]))
			return (false);
	return (true);
}

/* One code point of UTF-8, at most; 0: it isn't one. */
static size_t
get_utf8(const uint8_t *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned more = s[0] < 0x80   ? 0
			      : s[0] < 0xc0 ? 4
			      : s[0] < 0xe0 ? 1
			      : s[0] < 0xf0 ? 2
			      : s[0] < 0xf8 ? 3
					    : 4;

	if (more == 4 || more >= len)
		return (0);
	*c = more == 0 ? s[0] : s[0] & (0x3fu >> more);
	for (unsigned i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return (0);
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[more] || *c > 0x10ffff || (*c & ~0x7ffu) == 0xd800)
		return (0);
	return (more + 1);
}

size_t
fat_to_units(const char *name, size_t len, uint16_t *units)
{
	const uint8_t *s = (const uint8_t *)name;
	size_t n = 0, step;
	uint32_t c;

	/* DOS takes dots and blanks at the end away. */
	if (len == 0 || s[len - 1] == '.' || s[len - 1] == ' ')
		return (0);
	for (; len > 0; s += step, len -= step) {
		step = get_utf8(s, len, &c);
		if (step == 0 || c < ' ' ||
		    (c < 0x80 && strchr("\"*/:<>?\\|", (int)c) != NULL) ||
		    n + (c >= 0x10000) >= FAT_LONG_MAX)
			return (0);
		if (c >= 0x10000) {
			units[n++] = (uint16_t)(0xd800 | (c - 0x10000) >> 10);
			c = 0xdc00 | (c & 0x3ff);
		}
		units[n++] = (uint16_t)c;
	}
	return (n);
}

/* Characters of a name to at most `room` of a short one. */
static bool
take_part(const char *s, size_t len, uint8_t *part, size_t room, bool *exact)
{
	bool whole = true;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (c >= 'a' && c <= 'z') {
			c = (char)(c & ~0x20);
			*exact = false;
		} else if (c == ' ' || c == '.') {
			whole = false;
			continue;
		} else if ((c & 0x80) != 0 || strchr("+,;=[]", c) != NULL) {
			whole = false;
			c = '_';
		}
		if (n == room)
			return (false);
		part[n++] = (uint8_t)c;
	}
	return (whole);
}

bool
fat_to_short(
    const char *name, size_t len, uint8_t short_name[FAT_SHORT], bool *exact)
{
	size_t dot = len;
	bool whole;

	memset(short_name, ' ', FAT_SHORT);
	*exact = true;
	while (dot > 0 && name[dot - 1] != '.')
		dot--;
	/* A dot at the beginning is none before an extension. */
	if (dot <= 1)
		dot = len + 1;
	whole = take_part(name, dot - 1, short_name, 8, exact);
	if (dot < len)
		whole &=
		    take_part(name + dot, len - dot, short_name + 8, 3, exact);
	if (short_name[0] == ' ') {
		short_name[0] = '_';
		whole = false;
	}
	return (whole);
}

void
fat_short_tail(uint8_t short_name[FAT_SHORT], uint32_t number)
{
	uint8_t tail[7];
	unsigned n = sizeof(tail), at = 0;

	for (; number > 0; number /= 10)
		tail[--n] = (uint8_t)('0' + number % 10);
	tail[--n] = '~';
	while (at < 8 - (sizeof(tail) - n) && short_name[at] != ' ')
		at++;
	memset(short_name + at, ' ', 8 - at);
	memcpy(short_name + at, tail + n, sizeof(tail) - n);
}

uint32_t
fat_tail_number(const uint8_t short_name[FAT_SHORT])
{
	uint32_t number = 0;
	unsigned i = 8;

	while (i > 0 && short_name[i - 1] != '~')
		i--;
	for (; i > 0 && i < 8 && short_name[i] != ' '; i++) {
		if (short_name[i] < '0' || short_name[i] > '9')
			return (0);
		number = number * 10 + (short_name[i] - '0');
	}
	return (number);
}
