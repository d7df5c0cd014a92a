#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# stress.sh IMP KERNEL CPUS MEMORY SIZE "BSIZE FSIZE" "STRESS-ARG..." [FAULTS]:
# stress on an empty disk; fsck looks at what it left, which must be clean.
# FAULTS: QEMU's blkdebug options, by which the disk fails.
set -u

imp=$1 kernel=$2 cpus=$3 memory=$4 size=$5 frags=$6 args=$7 faults=${8:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir "$dir/root"
makefs -t ffs -s "$size" -f 300 \
    -o "version=2,bsize=${frags% *},fsize=${frags#* }" \
    "$dir/disk" "$dir/root" >/dev/null || exit 1
file=$dir/disk
[ -n "$faults" ] && {
	printf '%s\n' "$faults" | tr ',' '\n' >"$dir/faults"
	file=blkdebug:$dir/faults:$file
}
# shellcheck disable=SC2086 # words
"$imp" run -t 150 -m "$memory" -c "$cpus" --verbose --kernel "$kernel" \
    --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,file=$file,cache=unsafe" \
    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
    build/tests/disk/stress $args >"$dir/out" 2>&1 || {
	tail -40 "$dir/out"
	exit 1
}
"$imp" fsck -n "$dir/disk"
