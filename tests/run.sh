#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [-s SUBJECT] [PATTERN...]: runs the tests of the subject whose names
# match one of the patterns (all without), two at a time.  At the end it shows
# what those said that failed, and a line `N passed, N failed, N skipped`.
#
# A test is a line of tests/list.sh. It passes if its command exits 0; status 77
# skips it, and the last line of its output says why.
set -u

results=build/tests/results
rm -rf "$results"
mkdir -p "$results"

subject=
if [ "${1:-}" = -s ]; then
	subject=$2
	shift 2
fi

selected() {
	name=$1 subjects=$2
	shift 2
	case " $subjects " in *" ${subject:-${subjects%% *}} "*) ;; *) return 1 ;; esac
	[ $# = 0 ] && return 0
	for pattern in "$@"; do
		# shellcheck disable=SC2254 # a pattern on purpose
		case $name in $pattern) return 0 ;; esac
	done
	return 1
}

tests/list.sh | while IFS='	' read -r name subjects limit command; do
	if selected "$name" "$subjects" "$@"; then
		printf '%s\0%s\0%s\0' "$name" "$limit" "$command"
	fi
done | xargs -0 -r -n 3 -P 2 tests/one.sh

count() {
	find "$results" -name "*.$1" | wc -l
}
failed=$(count fail)
if [ "$failed" != 0 ]; then
	echo
	cat "$results"/*.fail
fi
echo
echo "$(count pass) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ] && [ "$(count pass)" != 0 ]
