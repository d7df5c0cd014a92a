#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# scale.sh: what operations cost against the number of things that there are:
# guest instructions on one processor, under `-icount shift=0,sleep=off`.
set -eu

out=build/bench

# run PROGRAM ARGUMENT...: its "name number instructions" lines.
run() {
	program=$1
	shift
	build/imp run -c 1 -m 4g --accel tcg --qemu-arg -icount \
	    --qemu-arg shift=0,sleep=off "$out/$program" "$@"
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

run scale_proc 1 100 1000 8000 | table "other processes"
run scale_files 10 100 1000 10000 100000 | table "descriptors"
run scale_names 100 1000 10000 100000 | table "files in cache"
