#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# syscalls.sh: docs/syscalls.md, of sys/abi/freebsd/syscalls.tab, to standard
# output; fails if a call isn't here without a reason, or a reason is for none.
set -eu

awk -F '\t' '
	function fail(what) {
		print FILENAME ": " what >"/dev/stderr"
		failed = 1
		exit 1
	}
	$1 == "why" { order[++n] = $2; why[$2] = $3; next }
	/^#/ || NF < 4 { next }
	{ all++ }
	NF == 5 {
		if (!($5 in why))
			fail($2 ": no line \"why\" for " $5)
		state[$5] = $3
		calls[$5] = calls[$5] (calls[$5] == "" ? "" : ", ") \
		    $2 " (" $1 ")"
		missing++
	}
	function table(which, title, text,  i, w, found) {
		for (i = 1; i <= n; i++)
			if (state[order[i]] == which)
				found = 1
		if (!found)
			return
		print "\n## " title "\n" text "\n\n| why | calls |\n| --- | --- |"
		for (i = 1; i <= n; i++) {
			w = order[i]
			if (state[w] == which)
				print "| " why[w] " | " calls[w] " |"
		}
	}
	END {
		if (failed)
			exit 1
		for (i = 1; i <= n; i++)
			if (calls[order[i]] == "")
				fail("\"why\" of nothing: " order[i])
		print "# System calls\n"
		print "Made by `tools/syscalls.sh` of `sys/abi/freebsd/syscalls.tab`; `make check` holds the two together.\n"
		print "FreeBSD/amd64 15 has " all " calls in that table, older forms included. " \
		    all - missing " are here; the others:"
		table("later", "Not yet", "ENOSYS, without a signal.")
		table("no", "Left out", "ENOSYS, without a signal, as from a FreeBSD kernel without the part.")
		table("sigsys", "Left out, with a signal", "ENOSYS and SIGSYS (unless `kern.signosys` is 0), as from a FreeBSD kernel without the part, and as for numbers that nobody has.")
	}' sys/abi/freebsd/syscalls.tab
