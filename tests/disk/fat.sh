#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fat.sh IMP KERNEL CASE BITS: FAT file systems of 12, 16 or 32 bits.
#	read	what mkfs.vfat and mtools made, by Imp
#	write	what Imp made, by mtools and fsck.vfat
#	life	many things done at random
#	rules	names, attributes, a full disk
#	hostile	damaged ones (BITS is the seed as well)
#	cuts	what power cuts leave
#	fstab	as FreeBSD's images have it there, by our mount and fsck
set -u

imp=$1 kernel=$2 case=$3 bits=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
disk=$dir/disk
failed=0
export TZ=UTC LC_ALL=C.UTF-8 MTOOLS_SKIP_CHECK=1

fail() {
	failed=1
	echo "FAT$bits, $case: $*"
	[ ! -s "$dir/out" ] || tail -n 20 "$dir/out"
}

# make_disk [SIZE]: an empty one; of several sizes of clusters.
make_disk() {
	case $bits in
	12) size=6M cluster=4 ;;
	16) size=24M cluster=2 ;;
	32) size=48M cluster=1 ;;
	esac
	[ $# = 0 ] || size=$1
	[ $# = 0 ] || [ "$bits" = 12 ] || cluster=1
	rm -f "$disk"
	truncate -s "$size" "$disk"
	mkfs.vfat -F "$bits" -n LABEL -s "$cluster" "$disk" >"$dir/out" 2>&1 ||
	    fail "mkfs.vfat"
}

# run PROGRAM ARG...: in a machine with the disk.
run() {
	timeout -k 5 800 "$imp" run -t 700 -m 128m -c 2 --verbose \
	    --kernel "$kernel" --qemu-arg=-drive \
	    --qemu-arg="id=d0,if=none,format=raw,cache=unsafe,file=$disk" \
	    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
	    -v "$dir/tree:/tree" "$@" >"$dir/lines" 2>"$dir/out" || {
		fail "$* ended with $?"
		tail -n 5 "$dir/lines"
	}
}

# guest ARG...: tests/disk/fat.c.
guest() {
	run build/tests/disk/fat "$@"
	[ "$(tail -n 1 "$dir/lines")" = end ] || fail "$*: no end"
}

check() {
	fsck.vfat -n "$disk" >"$dir/out" 2>&1 || fail "fsck.vfat found faults"
	grep -qi 'dirty\|orphan\|free cluster summary' "$dir/out" &&
	    fail "fsck.vfat isn't content"
}

# look_at_cut [-u]: what is at cut $cut; only this is harmless.
look_at_cut() {
	build/tests/disk/fat-cut "$@" "$dir/log" "$dir/base" "$cut" "$disk" ||
	    fail "fat-cut"
	fsck.vfat -n "$disk" >"$dir/found" 2>&1
	grep -vE "^fsck.fat |^$disk: |^/|^\$|^Leaving filesystem unchanged\.|\
^Dirty bit is set\.|^ Automatically removing dirty bit\.|\
^Reclaimed [0-9]+ unused clusters?|cluster chain length is > |\
^  Truncating file to |^FATs differ but appear to be intact\.|\
^  Using first FAT\.|^Orphaned long file name part |^  Auto-deleting\.|\
^Free cluster summary wrong |^  Auto-correcting\." "$dir/found" \
	    >"$dir/out" && fail "cut $cut"
}

# bytes N SEED: N bytes that don't repeat.
bytes() {
	seq "$2" 1000000 | head -c "$1"
}

make_tree() {
	tree=$dir/tree
	mkdir -p "$tree/EFI/BOOT" "$tree/lower" "$tree/many" \
	    "$tree/a folder with a long name/b/c/d/e/f/g/h"
	n=0
	for size in 0 1 511 512 513 1024 2047 2048 2049 4095 4096 4097 8192 \
	    65536 70001 300000 1500000; do
		bytes $size $n >"$tree/EFI/BOOT/S$size.BIN"
		n=$((n + 1000))
	done
	n=0
	while [ $n -lt 300 ]; do
		echo $n >"$tree/many/this is file number $n"
		n=$((n + 1))
	done
	echo deep >"$tree/a folder with a long name/b/c/d/e/f/g/h/deep"
	echo utf >"$tree/lower/ünï cödé 漢字.txt"
	echo long >"$tree/lower/$(printf '%0251d' 1).txt"
	echo dots >"$tree/lower/.a.b..c"
	echo 13 >"$tree/lower/thirteen chrs"
	echo low >"$tree/lower/readme.txt"
	echo UP >"$tree/lower/README.ME"
	find "$tree" -type f -exec touch -d '2001-02-03 04:05:06Z' {} +
	touch -d '1980-01-01 00:00:00Z' "$tree/many/this is file number 1"
	touch -d '2099-12-31 23:59:58Z' "$tree/many/this is file number 2"
	touch -d '2000-02-29 12:00:00Z' "$tree/many/this is file number 3"
}

# What there is, as the guest says it.
list_tree() {
	(cd "$1" && find . -mindepth 1 -type d -printf '= %P d 0 0\n' \
	    -o -type f -printf '= %P f %s %T@\n') |
	    sed 's/\.0*$//' | LC_ALL=C sort
}

make_tree
make_disk
case $case in
read)
	mcopy -s -m -i "$disk" "$dir/tree"/* ::/ || fail "mcopy"
	guest read
	list_tree "$dir/tree" >"$dir/expected"
	grep '^= ' "$dir/lines" | LC_ALL=C sort >"$dir/found"
	diff "$dir/expected" "$dir/found" >"$dir/out" || fail "not the same"
	guest compare /tree
	;;
write)
	guest copy /tree
	check
	mkdir "$dir/back"
	mcopy -s -m -i "$disk" "::/*" "$dir/back" || fail "mcopy"
	diff -r "$dir/tree" "$dir/back" >"$dir/out" || fail "not the same"
	list_tree "$dir/tree" >"$dir/expected"
	list_tree "$dir/back" >"$dir/found"
	diff "$dir/expected" "$dir/found" >"$dir/out" || fail "times differ"
	;;
life)
	for seed in 1 2; do
		make_disk
		guest life $seed 1500
		check
	done
	;;
rules)
	guest rules
	check
	make_disk
	run build/tests/disk/readonly msdosfs
	check
	;;
hostile)
	# mtools wants as many clusters as FAT32 has at least.
	count=100 mb=3
	[ "$bits" != 32 ] || count=30 mb=36
	make_disk ${mb}M
	mcopy -s -m -i "$disk" "$dir/tree/lower" "$dir/tree/a folder"* \
	    "$dir/tree/EFI" ::/ || fail "mcopy"
	mv "$disk" "$dir/image"
	rm -rf "$dir/tree/many"
	truncate -s $((2 + count * mb))M "$disk"
	for i in $(seq 0 $((count - 1))); do
		echo "start=$((1 + i * mb))M, size=${mb}M, type=U"
	done | sfdisk -q -X gpt -w never -W never "$disk" || fail "sfdisk"
	build/tests/disk/fat-mutate "$dir/image" "$disk" "$bits" $count ||
	    fail "fat-mutate"
	run build/tests/disk/hostile msdosfs
	[ "$(tail -n 1 "$dir/lines")" = "$count file systems" ] ||
	    fail "too few"
	# A test in which nothing can be mounted wouldn't say much.
	mounted=$(grep -c ' files, ' "$dir/lines")
	[ "$mounted" -ge $((count / 3)) ] ||
	    fail "only $mounted could be mounted"
	;;
cuts)
	rm -rf "$dir/tree/many"
	mv "$disk" "$dir/base"
	build/tests/disk/logdisk "$dir/socket" "$dir/base" "$dir/log" "$bits" \
	    "$imp" run -t 700 -c 2 --verbose --kernel "$kernel" \
	    --qemu-arg=-drive --qemu-arg="id=d0,if=none,format=raw,file=nbd+unix:///disk?socket=$dir/socket" \
	    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
	    build/tests/disk/fat life "$bits" 500 calm >"$dir/out" 2>&1 ||
	    fail "life"
	for cut in $(seq 1 30); do
		look_at_cut
		[ "$failed" = 0 ] || break
	done
	# Without the flushes it must go wrong, or this couldn't tell.
	wrong=0
	for cut in $(seq 1 30); do
		look_at_cut -u >"$dir/unsafe"
		wrong=$((wrong + failed))
		failed=0
	done
	[ "$wrong" -gt 0 ] || fail "nothing was found when flushes don't count"
	;;
fstab)
	mv "$disk" "$dir/image"
	truncate -s 64M "$disk"
	printf 'label: gpt\nsize=50M, type=U, name=efiesp\nsize=1M\n' |
	    sfdisk -q "$disk" || fail "sfdisk"
	dd if="$dir/image" of="$disk" bs=1M seek=1 conv=notrunc,sparse \
	    status=none
	rm -rf "$dir/tree"
	mkdir -p "$dir/tree/boot/efi"
	echo '/dev/gpt/efiesp /boot/efi msdosfs rw 2 2' >"$dir/tree/fstab"
	echo '/dev/vtbd0p2 /boot msdosfs rw,failok 0 0' >>"$dir/tree/fstab"
	run -v "$dir/tree/fstab:/etc/fstab" -v "$dir/tree/boot:/boot" \
	    build/base/mount/mount -av
	[ "$(cat "$dir/lines")" = \
	    "/dev/gpt/efiesp on /boot/efi (msdosfs)" ] || fail "mount -av"
	grep -q 'mount: /dev/vtbd0p2: it has no boot sector' \
	    "$dir/out" || fail "mount -av of zeroes"
	run -v "$dir/tree/fstab:/etc/fstab" build/base/fsck/fsck -p
	[ ! -s "$dir/lines" ] || fail "fsck -p said something"
	;;
esac
exit "$failed"
