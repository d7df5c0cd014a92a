#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# life.sh IMP KERNEL PROGRAM SIZE INODES MEMORY [BSIZE FSIZE [OPTION]]: a program
# with an empty file system; fsck looks at what it left, which must be clean.
# OPTION: of QEMU's drive.
set -u

imp=$1 kernel=$2 prog=$3 size=$4 inodes=$5 memory=$6
bsize=${7:-32768} fsize=${8:-4096} option=${9:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir "$dir/root"
makefs -t ffs -s "$size" -f "$inodes" -o "version=2,bsize=$bsize,fsize=$fsize" \
    "$dir/disk" "$dir/root" >/dev/null || exit 1
"$imp" run --verbose -t 700 -m "$memory" -c 2 --kernel "$kernel" --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,file=$dir/disk,cache=unsafe${option:+,$option}" \
    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
    "build/tests/disk/$prog" || exit 1
"$imp" fsck -n "$dir/disk"
