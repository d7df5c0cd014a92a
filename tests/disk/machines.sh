#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# machines.sh IMP SEED: the same changes to the same disk by machines of several
# sizes: what is there then is what the same program does on this host, and fsck
# finds nothing.
set -u

imp=$1 seed=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk
operations=2000
failed=0

# guest CPUS MEMORY PROGRAM ARG...
guest() {
	cpus=$1 memory=$2
	shift 2
	"$imp" run -t 700 -c "$cpus" -m "$memory" --verbose --qemu-arg=-drive \
	    --qemu-arg="id=d0,if=none,format=raw,cache=unsafe,file=$dir/disk" \
	    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
	    "$@" >"$dir/lines" 2>"$dir/out" || {
		failed=1
		echo "$cpus processors, $memory: $1: status $?"
		tail -n 20 "$dir/lines" "$dir/out"
	}
}

# Names, kinds, modes, links, sizes and contents.
essence() {
	awk '$1 == "=" && $2 != ".snap" { print $2, $3, $4, $7, $8, $10 }' |
	    LC_ALL=C sort
}

mkdir "$dir/tree"
$tests/torture-linux "$seed" $operations "$dir/tree" >/dev/null || exit 1
$tests/manifest-linux "$dir/tree" | essence | grep -v '^\. ' >"$dir/wanted"
for cpus in 1 2 4; do
	for memory in 32m 128m 2g; do
		rm -f "$dir/disk"
		truncate -s 32M "$dir/disk"
		build/tests/host/newfs -b 8192 -f 1024 -i 8192 "$dir/disk" \
		    >/dev/null || exit 1
		guest "$cpus" "$memory" $tests/torture "$seed" $operations \
		    /dev/vtbd0
		"$imp" fsck -n -f "$dir/disk" >"$dir/fsck" 2>&1 || {
			failed=1
			echo "$cpus processors, $memory: fsck:"
			cat "$dir/fsck"
		}
		guest "$cpus" "$memory" $tests/manifest
		essence <"$dir/lines" | grep -v '^\. ' >"$dir/got"
		cmp -s "$dir/wanted" "$dir/got" || {
			failed=1
			echo "$cpus processors, $memory: another tree:"
			diff "$dir/wanted" "$dir/got" | head -n 10
		}
	done
done
exit $failed
