#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# grow.sh IMP KERNEL: a file system that grows while it is mounted; fsck looks
# at what becomes of it.
set -eu

imp=$1 kernel=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The same cylinder groups, but more of them.
truncate -s 100m "$dir/0" "$dir/1"
truncate -s 64m "$dir/2"
for i in 0 1 2; do
	size=$([ $i = 1 ] && echo 204800 || echo 131072)
	build/tests/host/newfs -b 4096 -f 512 -s "$size" "$dir/$i" >/dev/null
done
truncate -s 100m "$dir/2"
# Whole groups of 18976 fragments.
truncate -s 110m "$dir/3" "$dir/4"
build/tests/host/newfs -b 4096 -f 512 -s 132832 "$dir/3" >/dev/null
build/tests/host/newfs -b 4096 -f 512 -s 208736 "$dir/4" >/dev/null
set --
for i in 0 1 2 3 4; do
	set -- "$@" --qemu-arg=-drive \
	    --qemu-arg="id=d$i,if=none,format=raw,file=$dir/$i,cache=unsafe" \
	    --qemu-arg=-device --qemu-arg="virtio-blk-device,drive=d$i"
done
"$imp" run -t 100 -m 128m -c 2 --kernel "$kernel" "$@" build/tests/disk/grow
"$imp" fsck -n "$dir/0"
"$imp" fsck -n "$dir/3"
