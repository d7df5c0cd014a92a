#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# one.sh NAME LIMIT COMMAND: runs a single test for tests/run.sh.
set -u

name=$1 limit=$2 command=$3
file=build/tests/results/$(echo "$name" | tr '/ ' '__')

# What a failed test's output says of that: first the lines that speak of a
# failure, and then its end; what passed is left out.
excerpt() {
	grep -v '^ok ' "$file.out" >"$file.rest"
	if [ "$(wc -l <"$file.rest")" -gt 40 ]; then
		grep -iE '^not ok|fail|panic|wrong|wanted|expected|error|missing' \
		    "$file.rest" | head -n 20
		echo "... and its end:"
	fi
	tail -n 40 "$file.rest"
	rm "$file.rest"
}

start=$(date +%s)
timeout -k 5 "$limit" sh -c "$command" >"$file.out" 2>&1 </dev/null
status=$?
took=$(($(date +%s) - start))
case $status in
0)
	echo "ok $name (${took}s)"
	: >"$file.pass"
	;;
77)
	echo "skipped $name: $(tail -n 1 "$file.out")"
	: >"$file.skip"
	;;
*)
	[ "$status" = 124 ] && status="no end within $limit s"
	echo "FAILED $name: status $status"
	{
		echo "FAILED $name: status $status; all of it: $file.out"
		excerpt | sed 's/^/    /'
	} >"$file.fail"
	;;
esac
exit 0
