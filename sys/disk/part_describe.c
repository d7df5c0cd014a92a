/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the first bytes of a disk tell of its contents.  No state, no I/O.
 */
#include "disk/part_describe.h"
#include "disk/gpt_format.h"
#include "lib/string.h"

#define UFS_MAGIC     1372 /* within a superblock */
#define UFS1_MAGIC    0x00011954u
#define UFS2_MAGIC    0x19540119u
#define UFS2_BADMAGIC 0x19960408u /* newfs(8) didn't get through */
#define UFS_VOLNAME   680
#define UFS_VOLNAME_N 32

#define EXT_SUPER     1024
#define EXT_JOURNAL   0x0004u
#define EXT_EXTENTS   0x0040u

/* The end of a ZFS vdev's first label's configuration. */
#define ZFS_ECK	      131032
#define ZFS_ECK_MAGIC UINT64_C(0x0210da7ab10c7a11)

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

static bool
has(const uint8_t *data, size_t size, size_t at, const char *text, size_t n)
{
	return (at + n <= size && memcmp(data + at, text, n) == 0);
}
#define HAS(at, text) has(data, size, (at), (text), sizeof(text) - 1)

enum ufs_version
ufs_version(const uint8_t *sb)
{
	switch (get32(sb + UFS_MAGIC)) {
	case UFS1_MAGIC:
		return (UFS_1);
	case UFS2_MAGIC:
		return (UFS_2);
	case UFS2_BADMAGIC:
		return (UFS_UNFINISHED);
	default:
		return (UFS_NONE);
	}
}

const uint8_t *
ufs_volume_name(const uint8_t *sb, size_t *n)
{
	*n = strnlen((const char *)sb + UFS_VOLNAME, UFS_VOLNAME_N);
	return (sb + UFS_VOLNAME);
}

static const char *
ufs_name(const uint8_t *data, size_t size)
{
	static const size_t places[] = {65536, 8192, 0};
	static const char *const names[] = {
	    [UFS_1] = "a UFS1 file system",
	    [UFS_2] = "a UFS2 file system",
	    [UFS_UNFINISHED] = "a UFS2 file system that newfs didn't finish",
	};

	for (unsigned i = 0; i < nitems(places); i++)
		if (places[i] + UFS_SUPER_SIZE <= size &&
		    ufs_version(data + places[i]) != UFS_NONE)
			return (names[ufs_version(data + places[i])]);
	return (NULL);
}

static const char *
ext_name(const uint8_t *data, size_t size)
{
	if (!HAS(EXT_SUPER + 56, "\x53\xef") || size < 2 * EXT_SUPER)
		return (NULL);
	if ((get32(data + EXT_SUPER + 96) & EXT_EXTENTS) != 0)
		return ("an ext4 file system");
	if ((get32(data + EXT_SUPER + 92) & EXT_JOURNAL) != 0)
		return ("an ext3 file system");
	return ("an ext2 file system");
}

static const char *
zfs_name(const uint8_t *data, size_t size)
{
	uint64_t magic;

	if (size < ZFS_ECK + sizeof(magic))
		return (NULL);
	memcpy(&magic, data + ZFS_ECK, sizeof(magic));
	if (magic == ZFS_ECK_MAGIC || magic == __builtin_bswap64(ZFS_ECK_MAGIC))
		return ("a ZFS pool");
	return (NULL);
}

static const char *
boot_sector_name(const uint8_t *data, size_t size)
{
	if (HAS(3, "NTFS    "))
		return ("an NTFS file system");
	if (HAS(3, "EXFAT   "))
		return ("an exFAT file system");
	if (HAS(510, "\x55\xaa") && (HAS(82, "FAT32   ") || HAS(54, "FAT1")))
		return ("a FAT file system");
	return (NULL);
}

static bool
all_zero(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != 0)
			return (false);
	return (true);
}

const char *
part_describe(const uint8_t *data, size_t size)
{
	static const struct {
		size_t at;
		const char *text, *name;
	} magics[] = {
	    {0, "XFSB", "an XFS file system"},
	    {0, "LUKS\xba\xbe", "encrypted data (LUKS)"},
	    {512, "EFI PART", "a GUID partition table"},
	    {512, "WEV\x82", "a BSD label"},
	    {4096, "EFI PART", "a GUID partition table"},
	    {4086, "SWAPSPACE2", "swap space (Linux)"},
	    {32769, "CD001", "a CD image (ISO 9660)"},
	    {65600, "_BHRfS_M", "a btrfs file system"},
	};
	const char *name;

	if ((name = ufs_name(data, size)) != NULL ||
	    (name = zfs_name(data, size)) != NULL ||
	    (name = ext_name(data, size)) != NULL ||
	    (name = boot_sector_name(data, size)) != NULL)
		return (name);
	for (unsigned i = 0; i < nitems(magics); i++)
		if (has(data, size, magics[i].at, magics[i].text,
			strlen(magics[i].text)))
			return (magics[i].name);
	if (HAS(510, "\x55\xaa"))
		return ("a boot sector or MBR");
	return (all_zero(data, size) ? "nothing (zeroes)" : NULL);
}

bool
part_is_geli(const uint8_t *last_sector)
{
	return (memcmp(last_sector, "GEOM::ELI", 9) == 0);
}

/* As they lie on the disk. */
#define GUID(a, b, c, d, ...)                                                  \
	{                                                                      \
		(a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24,      \
		    (b)&0xff, (b) >> 8, (c)&0xff, (c) >> 8, (d) >> 8,          \
		    (d)&0xff, __VA_ARGS__                                      \
	}
#define FREEBSD(n)                                                             \
	GUID(0x516e7c00u | (n), 0x6ecf, 0x11d6, 0x8ff8, 0x00, 0x02, 0x2d,      \
	    0x09, 0x71, 0x2b)

static const struct gpt_type {
	const char *name;
	uint8_t guid[16];
} gpt_types[] = {
    {"freebsd", FREEBSD(0xb4)},
    {"freebsd-swap", FREEBSD(0xb5)},
    {"freebsd-ufs", FREEBSD(0xb6)},
    {"freebsd-vinum", FREEBSD(0xb8)},
    {"freebsd-zfs", FREEBSD(0xba)},
    {"freebsd-boot", GUID(0x83bd6b9du, 0x7f41, 0x11dc, 0xbe0b, 0x00, 0x15, 0x60,
			 0xb8, 0x4f, 0x0f)},
    {"efi", GUID(0xc12a7328u, 0xf81f, 0x11d2, 0xba4b, 0x00, 0xa0, 0xc9, 0x3e,
		0xc9, 0x3b)},
    {"bios-boot", GUID(0x21686148u, 0x6449, 0x6e6f, 0x744e, 0x65, 0x65, 0x64,
		      0x45, 0x46, 0x49)},
    {"linux-data", GUID(0x0fc63dafu, 0x8483, 0x4772, 0x8e79, 0x3d, 0x69, 0xd8,
		       0x47, 0x7d, 0xe4)},
    {"linux-swap", GUID(0x0657fd6du, 0xa4ab, 0x43c4, 0x84e5, 0x09, 0x33, 0xc8,
		       0x4b, 0x4f, 0x4f)},
    {"ms-basic-data", GUID(0xebd0a0a2u, 0xb9e5, 0x4433, 0x87c0, 0x68, 0xb6,
			  0xb7, 0x26, 0x99, 0xc7)},
    {"ms-reserved", GUID(0xe3c9e316u, 0x0b5c, 0x4db8, 0x817d, 0xf9, 0x2d, 0xf0,
			0x02, 0x15, 0xae)},
};

const char *
part_type_name(const uint8_t *type)
{
	for (unsigned i = 0; i < nitems(gpt_types); i++)
		if (memcmp(gpt_types[i].guid, type, 16) == 0)
			return (gpt_types[i].name);
	return (NULL);
}

const uint8_t *
part_type_find(const char *name)
{
	for (unsigned i = 0; i < nitems(gpt_types); i++)
		if (strcmp(gpt_types[i].name, name) == 0)
			return (gpt_types[i].guid);
	return (NULL);
}
