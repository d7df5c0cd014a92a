#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cuts.sh IMP MAKER SEED CPUS OPERATIONS CUTS [FAILING]: power cuts at random
# moments. Imp works on a file system by MAKER (makefs, or our newfs: that has
# check hashes), on a disk whose writes are logged; what each cut leaves must be
# right for fsck but for what is harmless, and have all that was made safe. One
# in FAILING of the disk's writes and flushes fails.
set -u

imp=$1 maker=$2 seed=$3 cpus=$4 operations=$5 cuts=$6 failing=${7:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk

. tests/disk/nbd.sh

mkdir "$dir/empty"
if [ "$maker" = newfs ]; then
	truncate -s 32M "$dir/base"
	build/tests/host/newfs -b 8192 -f 1024 -i 8192 "$dir/base"
else
	makefs -t ffs -s 32m -f 2000 -B little \
	    -o version=2,bsize=8192,fsize=1024 "$dir/base" "$dir/empty"
fi >"$dir/out" 2>&1 || {
	cat "$dir/out"
	exit 1
}
# shellcheck disable=SC2046 # words
$tests/logdisk ${failing:+-f "$failing"} "$dir/socket" "$dir/base" "$dir/log" "$seed" \
    "$imp" run -t 700 -c "$cpus" --verbose $(disk 0 disk) $(disk 1 marks) \
    $tests/torture "$seed" "$operations" /dev/vtbd0 /dev/vtbd1 \
    ${failing:+failing} \
    >"$dir/out" 2>&1 || {
	cat "$dir/out"
	exit 1
}
$tests/replay "$dir/log" "$dir/base" "$seed" "$operations" "$cuts" || exit 1
# Without the flushes it must go wrong, or this test couldn't tell.
if $tests/replay -u "$dir/log" "$dir/base" "$seed" "$operations" 20 \
    >"$dir/out" 2>&1; then
	echo "nothing was found when flushes don't count"
	exit 1
fi
