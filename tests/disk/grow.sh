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
set --
for i in 0 1 2; do
	set -- "$@" --qemu-arg=-drive \
	    --qemu-arg="id=d$i,if=none,format=raw,file=$dir/$i,cache=unsafe" \
	    --qemu-arg=-device --qemu-arg="virtio-blk-device,drive=d$i"
done
"$imp" run -t 100 -m 128m -c 2 --kernel "$kernel" "$@" build/tests/disk/grow
"$imp" fsck -n "$dir/0"
