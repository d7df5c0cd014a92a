#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# onufs.sh KERNEL PROGRAM [BSIZE FSIZE [QEMU-ARG...]]: runs a test program with a
# root on a UFS disk, and has fsck look at what it left, which must be clean.
set -u

kernel=$1 prog=$2 bsize=${3:-32768} fsize=${4:-4096}
if [ $# -gt 4 ]; then
	shift 4
else
	shift $#
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/root

mkdir -p "$root/sbin" "$root/tmp" "$root/dev" "$root/proc"
chmod 1777 "$root/tmp"
cp build/tests/boot/onufs "$root/sbin/init"
name=$(basename "$prog")
cp "$prog" "$root/$name"
printf '/%s' "$name" >"$root/prog"
makefs -t ffs -s 48m -f 4000 -o "version=2,bsize=$bsize,fsize=$fsize" \
    "$dir/disk" "$root" >/dev/null || exit 1
timeout -k 5 800 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 256m \
    -smp 2 -nodefaults -no-user-config -no-reboot -display none -serial stdio \
    -kernel "$kernel" -append vfs.root.mountfrom=ufs:/dev/vtbd0,rw \
    -drive "id=d,file=$dir/disk,format=raw,if=none,cache=unsafe" \
    -device virtio-blk-device,drive=d "$@" </dev/null >"$dir/out" 2>&1
status=$?
if [ $status != 0 ] || ! grep -q '^status 000' "$dir/out"; then
	echo "the machine ended with $status and said:"
	cat "$dir/out"
	exit 1
fi
build/imp fsck -n "$dir/disk" >"$dir/fsck" 2>&1 && exit 0
echo "fsck of what it left:"
cat "$dir/fsck"
exit 1
