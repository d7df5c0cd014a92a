#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# root.sh KERNEL: what the kernel says of a root that it can't mount; it says
# which disks there are, and ends.
set -u

kernel=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
disk=$dir/disk.raw
failed=0

# boot APPEND [QEMU-ARG...]
boot() {
	append=$1
	shift
	timeout -k 5 600 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 64m \
	    -nodefaults -no-user-config -no-reboot -display none \
	    -serial stdio -kernel "$kernel" -append "$append" "$@" \
	    </dev/null >"$dir/out" 2>&1 || {
		failed=1
		echo "$append: the machine didn't end by itself"
	}
}

said() {
	grep -qF "$1" "$dir/out" && return
	failed=1
	echo "not said: $1"
	cat "$dir/out"
}

with_disk() {
	boot "$1" -drive "id=test,file=$disk,format=raw,if=none" \
	    -device virtio-blk-device,drive=test
}

# Bytes, as printf's %b has them, at a place.
put() {
	printf '%b' "$2" | dd of="$disk" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

truncate -s 64M "$disk"
sfdisk -q "$disk" <<-EOF || failed=1
	label: gpt
	size=1M, type=83BD6B9D-7F41-11DC-BE0B-001560B84F0F
	size=16M, type=516E7CBA-6ECF-11D6-8FF8-00022D09712B, name=tank
	size=8M, type=516E7CB5-6ECF-11D6-8FF8-00022D09712B
	size=8M, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
	size=8M, type=516E7CB6-6ECF-11D6-8FF8-00022D09712B
EOF
m=1048576
put $((2 * m + 131032)) '\0021\0172\0014\0261\0172\0332\0020\0002' # ZFS, at 2 MB
put $((26 * m + 1024 + 56)) '\0123\0357'			   # ext, at 26 MB
put $((26 * m + 1024 + 96)) '\0100'
put $((42 * m - 512)) 'GEOM::ELI' # the end of the last

with_disk vfs.root.mountfrom=ufs:/dev/vtbd0p2
said "root: vtbd0p2 holds a ZFS pool: can't mount it as ufs"
said "vtbd0p1           1 MB  FreeBSD's boot program"
said "vtbd0p2          16 MB  a ZFS pool  gpt/tank"
said "vtbd0p3           8 MB  swap space"
said "vtbd0p4           8 MB  an ext4 file system"
said "vtbd0p5           8 MB  encrypted data (GELI)"
with_disk vfs.root.mountfrom=ufs:/dev/gpt/tank,rw
said "root: vtbd0p2 holds a ZFS pool"
with_disk vfs.root.mountfrom=ufs:/dev/vtbd1p2
said "root: there is no /dev/vtbd1p2"
with_disk ""
said "vtbd0p4           8 MB  an ext4 file system"
boot vfs.root.mountfrom=ufs:/dev/vtbd0p2
said "There are no disks."
# Another kind of root, which takes the first one's place.
with_disk vfs.root.mountfrom=tmpfs:none
said "init: none found in"
exit "$failed"
