#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Holds the kernel's includes against sys/conf/layers: prints each that goes
# upwards, and fails if there is one.
set -eu

cd sys
find . -name '*.[chS]' -exec grep -Eo '^#include "[^"]+"' {} + |
    sed 's,^\./,,; s/:#include "/ /; s/"$//' | sort |
    awk '
	# The layer of a file: its own line, a pattern for its name, or the
	# folder that it is in.
	function layer(file,  dir, name) {
		if (file in at)
			return at[file]
		dir = name = file
		sub(/[^\/]*$/, "", dir)
		sub(/.*\./, "", name)
		if (dir "*." name in at)
			return at[dir "*." name]
		while (sub(/\/[^\/]*$/, "", file))
			if (file in at)
				return at[file]
		return 0
	}
	FNR == NR {
		if ($1 != "" && $1 !~ /^#/)
			at[$1] = ++n
		next
	}
	layer($1) < layer($2) {
		print "sys/" $1 " includes " $2 ", which is above it"
		bad = 1
	}
	END { exit bad }' conf/layers -
