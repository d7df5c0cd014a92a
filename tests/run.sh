#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [PATTERN...]: runs the tests whose names match one of the patterns
# (all without), two at a time, and ends with `N passed, N failed, N skipped`.
#
# A test is a line of tests/list.sh: its name, a time limit in seconds, and a
# command. It passes if the command exits 0; status 77 skips it, and the last
# line of its output says why.
set -u

results=build/tests/results
rm -rf "$results"
mkdir -p "$results"

selected() {
	name=$1
	shift
	[ $# = 0 ] && return 0
	for pattern in "$@"; do
		# shellcheck disable=SC2254 # a pattern on purpose
		case $name in $pattern) return 0 ;; esac
	done
	return 1
}

tests/list.sh | while IFS='	' read -r name limit command; do
	if selected "$name" "$@"; then
		printf '%s\0%s\0%s\0' "$name" "$limit" "$command"
	fi
done | xargs -0 -r -n 3 -P 2 tests/one.sh

count() {
	find "$results" -name "*.$1" | wc -l
}
failed=$(count fail)
if [ "$failed" != 0 ]; then
	echo
	echo "failed:"
	head -q -n 1 "$results"/*.fail | sed 's/^FAILED /    /'
fi
echo
echo "$(count pass) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ] && [ "$(count pass)" != 0 ]
