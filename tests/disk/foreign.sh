#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# foreign.sh IMP CASE: file systems of each block and fragment size, that others
# wrote or read.
#	linux-reads	what makefs wrote, by Linux: that our judge is one
#	imp-reads-1	what makefs wrote, by Imp: UFS1
#	imp-reads-2	UFS2
#	imp-writes	what Imp wrote, by Imp, by fsck and by Linux
# Linux takes fragments of up to 4096 bytes; UFS2 only with the superblock at
# 65536, where our newfs puts it and makefs doesn't. makefs writes no
# nanoseconds.
set -u

imp=$1 case=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk
disk=$dir/disk.raw
failed=0

fail() {
	failed=1
	echo "$case: $*"
}

# guest PROGRAM ARG...
guest() {
	timeout -k 5 800 "$imp" run -t 700 -m 512m -c 2 --verbose \
	    --qemu-arg=-drive \
	    --qemu-arg="id=d0,if=none,format=raw,cache=unsafe,file=$disk" \
	    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
	    "$@" >"$dir/lines" 2>"$dir/out" || {
		fail "$* ended with $?"
		tail -n 30 "$dir/out" "$dir/lines"
	}
}

# partition FILE NUMBER: its lines in a manifest of all, in order.
partition() {
	awk -v n="$2" '/^end$/ { next }
	    /^disk / { on = $2 ~ "[a-z]" n "$"; next }
	    on' "$1" | LC_ALL=C sort
}

# Without nanoseconds.
seconds() {
	sed -E 's/^(= .*)\.[0-9]{9} /\1 /'
}

# same FILE FILE WHAT
same() {
	cmp -s "$1" "$2" && return
	fail "$3"
	diff "$1" "$2" | head -n 20
}

makefs_disk() {
	tests/disk/tree.sh "$dir/tree" "$2" >/dev/null
	$tests/manifest-linux "$dir/tree" | seconds |
	    LC_ALL=C sort >"$dir/tree.lines"
	tests/disk/sizes.sh "$disk" "$dir/tree" "$1" >"$dir/sizes"
}

case $case in
linux-reads)
	makefs_disk 1 2030
	tests/disk/linux-ufs.sh "$disk" >"$dir/lines" ||
	    fail "$(tail "$dir/lines")"
	while read -r n bsize fsize; do
		[ "$fsize" -le 4096 ] || continue
		partition "$dir/lines" "$n" | seconds >"$dir/got"
		same "$dir/tree.lines" "$dir/got" "$bsize/$fsize"
	done <"$dir/sizes"
	;;
imp-reads-*)
	makefs_disk "${case##*-}" 2030
	guest $tests/manifest
	while read -r n bsize fsize; do
		partition "$dir/lines" "$n" | seconds >"$dir/got"
		same "$dir/tree.lines" "$dir/got" "$bsize/$fsize"
	done <"$dir/sizes"
	;;
imp-writes)
	tests/disk/tree.sh "$dir/tree" 2100
	$tests/manifest-linux "$dir/tree" >"$dir/tree.lines"
	mkdir "$dir/empty"
	tests/disk/sizes.sh "$disk" "$dir/empty" newfs >"$dir/sizes"
	guest -v "$dir/tree:/src" $tests/copy /src
	guest $tests/manifest
	mv "$dir/lines" "$dir/imp"
	tests/disk/linux-ufs.sh "$disk" >"$dir/linux" ||
	    fail "$(tail "$dir/linux")"
	# Names, kinds, sizes and contents are those of the tree.
	awk '{ print $2, $3, $8, $10 }' "$dir/tree.lines" |
	    sed 's/- -$//' | LC_ALL=C sort >"$dir/wanted"
	while read -r n bsize fsize; do
		"$imp" fsck -n -f "$disk:$n" >"$dir/out" 2>&1 || {
			fail "$bsize/$fsize: fsck"
			cat "$dir/out"
		}
		partition "$dir/imp" "$n" >"$dir/got"
		awk '{ print $2, $3, $8, $10 }' "$dir/got" |
		    sed 's/- -$//' | LC_ALL=C sort >"$dir/short"
		same "$dir/wanted" "$dir/short" "$bsize/$fsize: the tree"
		[ "$fsize" -le 4096 ] || continue
		partition "$dir/linux" "$n" | seconds >"$dir/theirs"
		seconds <"$dir/got" >"$dir/ours"
		same "$dir/ours" "$dir/theirs" "$bsize/$fsize: Linux"
	done <"$dir/sizes"
	;;
*)
	echo "no such case: $case"
	exit 2
	;;
esac
exit $failed
