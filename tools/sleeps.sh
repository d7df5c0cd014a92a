#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sleeps.sh KERNEL: holds what the headers of sys/ say with __sleeps against a
# kernel with options LOCKDEBUG: what calls assert_may_sleep(), or a lock or wait
# that does, may sleep, and so may its callers.  Prints each function that says
# otherwise, and fails if there is one.  Calls by pointers aren't seen: who makes
# them says assert_may_sleep().
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The kernel's global functions: "address name".
nm "$1" | awk '$2 == "T" { print $1, $3 }' >"$tmp/global"

# Who may sleep, by address.  A function's cold part is a part of it.
objdump -d --no-show-raw-insn "$1" | awk '
	# Those that check for themselves, and those that end it all, or look
	# first whether they may.
	BEGIN {
		split("assert_may_sleep mutex_lock rw_rlock rw_wlock sched_wait",
		    root)
		split("lockdebug_take panic complain md_kva_alloc md_kva_free",
		    word)
		for (i in word)
			ends[word[i]] = 1
	}
	/^[0-9a-f]+ <.*>:$/ {
		name = $2
		gsub(/[<>:]/, "", name)
		at = name ~ /\.cold/ ? name : $1
		names[at] = name
		address[name] = at
		next
	}
	/\t(call|j[a-z]+) +[0-9a-f]+ <[^+>]*(\.cold[^>]*)?>/ {
		to = $NF
		gsub(/[<>]|\+.*/, "", to)
		if (to !~ /\.cold/)
			to = $(NF - 1)
		if (to != at)
			callers[to] = callers[to] " " at
	}
	END {
		for (i = 1; i in root; i++)
			queue[n++] = address[root[i]]
		for (i = 0; i < n; i++) {
			if (i > 0)
				print queue[i]
			split(callers[queue[i]], by, " ")
			for (j in by) {
				if (by[j] in seen || names[by[j]] in ends)
					continue
				seen[by[j]] = 1
				queue[n++] = by[j]
			}
		}
	}' >"$tmp/sleepers"

# All functions of the headers: "header name", and "header name sleeps".
# shellcheck disable=SC2016 # awk's own
find sys -name '*.h' ! -path 'sys/fbsd/*' | sort | xargs awk '
	FNR == 1 { text = ""; comment = depth = 0 }
	/^#/ { next }
	{
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "")
		if (sub(/\/\*.*/, ""))
			comment = 1
		else if (comment && sub(/.*\*\//, ""))
			comment = 0
		else if (comment)
			next
		text = text " " $0
	}
	# What has a body or members is none.
	{ depth += gsub(/{/, "{") - gsub(/}/, "}") }
	/}/ { text = "" }
	/;/ && depth == 0 {
		if (match(text, /[a-z_0-9]+\(/))
			print FILENAME, substr(text, RSTART, RLENGTH - 1),
			    text ~ /\) __sleeps;/ ? "sleeps" : ""
		text = ""
	}' >"$tmp/said"

awk '
	FILENAME ~ /global$/ { name[$1] = $2; known[$2] = 1; next }
	FILENAME ~ /sleepers$/ { sleeps[name[$1]] = 1; next }
	!($2 in known) { next }
	$2 in sleeps && $3 == "" { print $1 ": " $2 " may sleep"; bad = 1 }
	!($2 in sleeps) && $3 != "" { print $1 ": " $2 " never sleeps"; bad = 1 }
	END { exit bad }' "$tmp/global" "$tmp/sleepers" "$tmp/said"
