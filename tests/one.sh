#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# one.sh NAME LIMIT COMMAND: runs a single test for tests/run.sh.
set -u

name=$1 limit=$2 command=$3
file=build/tests/results/$(echo "$name" | tr '/ ' '__')

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
	{
		echo "FAILED $name: status $status; its output:"
		tail -n 60 "$file.out" | sed 's/^/    /'
	} >"$file.fail"
	cat "$file.fail"
	;;
esac
exit 0
