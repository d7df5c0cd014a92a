#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cuts.sh IMP SEED CPUS OPERATIONS CUTS: power cuts at random moments. Imp works
# on a disk whose writes are logged; what each cut leaves must be right for fsck
# but for what is harmless, and have all that was made safe.
set -u

imp=$1 seed=$2 cpus=$3 operations=$4 cuts=$5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk

# disk NUMBER EXPORT: QEMU's arguments.
disk() {
	printf ' --qemu-arg=-drive --qemu-arg=%s' \
	    "id=d$1,if=none,format=raw,file=nbd+unix:///$2?socket=$dir/socket"
	printf ' --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d%s' "$1"
}

mkdir "$dir/empty"
makefs -t ffs -s 32m -f 2000 -B little -o version=2,bsize=8192,fsize=1024 \
    "$dir/base" "$dir/empty" >"$dir/out" 2>&1 || {
	cat "$dir/out"
	exit 1
}
# shellcheck disable=SC2046 # words
$tests/logdisk "$dir/socket" "$dir/base" "$dir/log" "$seed" \
    "$imp" run -t 60 -c "$cpus" --verbose $(disk 0 disk) $(disk 1 marks) \
    $tests/torture "$seed" "$operations" /dev/vtbd0 /dev/vtbd1 \
    >"$dir/out" 2>&1 || {
	cat "$dir/out"
	exit 1
}
$tests/replay "$dir/log" "$dir/base" "$seed" "$operations" "$cuts"
