#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# hostile.sh IMP VERSION SEED COUNT: as many damaged file systems, as partitions
# of one disk, are mounted and used by tests/disk/hostile.c one after the other.
set -u

imp=$1 version=$2 seed=$3 count=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk
mb=2
disk=$dir/disk.raw

mkdir -p "$dir/root/a/b/c" "$dir/root/many"
seq 1 60000 >"$dir/root/large"
head -c 20000 "$dir/root/large" >"$dir/root/a/file"
echo small >"$dir/root/a/b/small"
ln "$dir/root/a/file" "$dir/root/a/b/hard"
ln -s b/small "$dir/root/a/link"
ln -s "/$(printf '%0300d' 1)" "$dir/root/a/b/c/long"
for i in $(seq 1 100); do
	echo "$i" >"$dir/root/many/$i"
done
makefs -t ffs -s ${mb}m -B little -o "version=$version,bsize=4096,fsize=512" \
    "$dir/image" "$dir/root" >/dev/null || exit 1
truncate -s $((2 + count * mb))M "$disk"
for i in $(seq 0 $((count - 1))); do
	echo "start=$((1 + i * mb))M, size=${mb}M, type=516E7CB6-6ECF-11D6-8FF8-00022D09712B"
done | sfdisk -q -X gpt -w never -W never "$disk" || exit 1
$tests/mutate "$dir/image" "$disk" "$seed" "$count" || exit 1

"$imp" run -t 700 -c 2 --verbose --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,cache=unsafe,file=$disk" --qemu-arg=-device \
    --qemu-arg=virtio-blk-device,drive=d0 $tests/hostile ufs >"$dir/lines" \
    2>"$dir/out"
status=$?
cat "$dir/lines"
if [ $status != 0 ] ||
    [ "$(tail -n 1 "$dir/lines")" != "$count file systems" ]; then
	echo "status $status"
	tail -n 40 "$dir/out"
	exit 1
fi
# A test that no damaged file system can be mounted in wouldn't say much.
[ "$(grep -c ' files, ' "$dir/lines")" -ge $((count / 4)) ]
