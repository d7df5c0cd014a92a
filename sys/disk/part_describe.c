/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the first bytes of a disk tell of its contents.  No state, no I/O.
 */
#include "disk/part_describe.h"
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

const char *
part_type_name(const uint8_t *type)
{
	/* Those of FreeBSD's differ in the first byte. */
	static const uint8_t freebsd[15] = {0x7c, 0x6e, 0x51, 0xcf, 0x6e, 0xd6,
	    0x11, 0x8f, 0xf8, 0x00, 0x02, 0x2d, 0x09, 0x71, 0x2b};
	static const uint8_t boot[16] = {0x9d, 0x6b, 0xbd, 0x83, 0x41, 0x7f,
	    0xdc, 0x11, 0xbe, 0x0b, 0x00, 0x15, 0x60, 0xb8, 0x4f, 0x0f};
	static const uint8_t efi[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8,
	    0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};

	if (memcmp(type, boot, sizeof(boot)) == 0)
		return ("freebsd-boot");
	if (memcmp(type, efi, sizeof(efi)) == 0)
		return ("efi");
	if (memcmp(type + 1, freebsd, sizeof(freebsd)) != 0)
		return (NULL);
	switch (type[0]) {
	case 0xb4:
		return ("freebsd");
	case 0xb5:
		return ("freebsd-swap");
	case 0xb6:
		return ("freebsd-ufs");
	case 0xba:
		return ("freebsd-zfs");
	default:
		return (NULL);
	}
}
