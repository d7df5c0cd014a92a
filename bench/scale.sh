#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# scale.sh: what operations cost against the number of things that there are:
# guest instructions on one processor, under `-icount shift=0,sleep=off`.
set -eu

out=build/bench
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# run OPTION... PROGRAM ARGUMENT...: its "name number instructions" lines.
run() {
	build/imp run -c 1 -m 4g --accel tcg --qemu-arg -icount \
	    --qemu-arg shift=0,sleep=off "$@"
}

# A line for each name, a column for each number.
table() {
	awk '
	{
		if (!($1 in row)) { row[$1] = ++rows; name[rows] = $1 }
		if (!($2 in column)) { column[$2] = ++columns; number[columns] = $2 }
		value[$1, $2] = $3
	}
	END {
		printf "%-24s", what
		for (c = 1; c <= columns; c++)
			printf " %10s", number[c]
		print ""
		for (r = 1; r <= rows; r++) {
			printf "%-24s", name[r]
			for (c = 1; c <= columns; c++)
				printf " %10s", value[name[r], number[c]]
			print ""
		}
	}' what="$1"
}

run "$out/scale_proc" 1 100 1000 8000 | table "other processes"
run "$out/scale_fork" 1 4 100 1024 | table "MB of memory"
run "$out/scale_files" 10 100 1000 10000 100000 | table "descriptors"
run "$out/scale_names" 100 1000 10000 100000 | table "files in cache, tmpfs"

# on_disk OPTION... PROGRAM ARGUMENT...: run with $dir/disk.
on_disk() {
	run --qemu-arg -drive \
	    --qemu-arg "id=d0,if=none,format=raw,cache=unsafe,file=$dir/disk" \
	    --qemu-arg -device --qemu-arg virtio-blk-device,drive=d0 "$@"
}

truncate -s 512M "$dir/disk"
build/tests/host/newfs "$dir/disk" >/dev/null
# So little memory that 10,000 changed inodes are more than it should hold.
on_disk -m 512m "$out/scale_names" /dev/vtbd0 100 1000 10000 |
    table "files in cache, UFS"

# cache FILES: 100,000 pages in so many files.
cache() {
	mkdir "$dir/root"
	head -c 409600000 /dev/zero |
	    (cd "$dir/root" && split -b $((409600000 / $1)) -a 5 -d)
	makefs -t ffs -s 600m -f 101000 -o version=2 "$dir/disk" "$dir/root" \
	    >/dev/null
	rm -rf "$dir/root"
	on_disk -m 768m "$out/scale_cache" "$1" /dev/vtbd0
}
for files in 1 1000 100000; do
	cache "$files"
done | table "files of 100,000 pages"

# How late another thread's timer is meanwhile, in microseconds, which are
# thousands of instructions.  late MEGABYTES MEMORY FILE_MEGABYTES: "name
# megabytes microseconds" lines.
late() {
	tests/vm/latency.sh build/imp "$@" 900 | awk -v mb="$1" '
	/ us late$/ {
		value = $(NF - 2)
		sub(/: at most .*/, "")
		gsub(/ /, "-")
		print $0, mb, value
	}'
}
# The second machine has no room for so much and a file of that size.
{
	late 1024 4g 512
	late 440 1000m 440
} | table "us late, MB of memory"
