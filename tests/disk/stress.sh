#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# stress.sh IMP KERNEL CPUS MEMORY SIZE "BSIZE FSIZE" "STRESS-ARG..." [FAULTS]:
# stress on an empty disk; fsck looks at what it left, which must be clean.
# FAULTS: the requests of QEMU's disk that fail, once each, as sectors of "read"
# or "write", as in "write 1000 write 2000 read 3000"; or "flush N" for the first
# N flushes; or "some N" for N of them, most of them reads, that STRESS-ARG's
# seed chooses.
set -u

imp=$1 kernel=$2 cpus=$3 memory=$4 size=$5 frags=$6 args=$7 faults=${8:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir "$dir/root"
makefs -t ffs -s "$size" -f 300 \
    -o "version=2,bsize=${frags% *},fsize=${frags#* }" \
    "$dir/disk" "$dir/root" >/dev/null || exit 1
# fault TYPE SECTOR: a section of blkdebug's file.
fault() {
	printf '[inject-error]\nevent = "none"\niotype = "%s"\n' "$1"
	printf 'errno = "5"\nonce = "on"\n'
	[ "$1" = flush ] || printf 'sector = "%s"\n' "$2"
}

# some N: sections for that many, all over the disk.
some() {
	awk -v seed="${args%% *}" -v n="$1" \
	    -v bytes="$(stat -c %s "$dir/disk")" 'BEGIN {
		srand(seed)
		for (; n > 0; n--)
			printf "%s %d\n", rand() < 0.7 ? "read" : "write",
			    int(rand() * bytes / 4096) * 8
	}' | while read -r type sector; do
		fault "$type" "$sector"
	done
}

file=$dir/disk cache=unsafe
# shellcheck disable=SC2086 # words
set -- $faults
while [ $# -gt 1 ]; do
	file=blkdebug:$dir/faults:$dir/disk cache=writeback
	if [ "$1" = some ]; then some "$2"; else fault "$1" "$2"; fi \
	    >>"$dir/faults"
	shift 2
done
# shellcheck disable=SC2086 # words
"$imp" run -t 700 -m "$memory" -c "$cpus" --verbose --kernel "$kernel" \
    --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,file=$file,cache=$cache" \
    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
    build/tests/disk/stress $args >"$dir/out" 2>&1 || {
	tail -40 "$dir/out"
	exit 1
}
if [ -n "$faults" ] && ! grep -q "can.t be written" "$dir/out"; then
	echo "no write failed"
	exit 1
fi
"$imp" fsck -n "$dir/disk"
