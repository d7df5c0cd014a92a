#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# needs.sh SUBJECT: what to make for the tests of a subject: the files of build/
# that their commands, and the scripts in them, speak of.
set -eu

commands=$(tests/list.sh | awk -F'\t' -v subject="$1" '
    index(" " $2 " ", " " subject " ")' | cut -f 4-)
scripts=$(echo "$commands" | grep -o 'tests/[a-z0-9_/-]*\.sh' | sort -u)

{
	echo "$commands"
	# shellcheck disable=SC2086 # a list of names
	[ -z "$scripts" ] || cat $scripts
} | grep -o 'build/[A-Za-z0-9_./-]*' | sort -u | while read -r file; do
	case $file in
	build/base/root*) echo build/base/root.stamp ;;
	build/base/rtld*) echo rtld ;;
	build/tests/disk | build/tests/disk/) echo build/tests/disk ;;
	build/tests/prog/) echo build/tests/prog/hello ;;
	build/sys/INTROFF/*) echo introff ;;
	build/tests/linux-ufs) ;; # the script makes it
	build/base/*/* | build/tests/*/[a-z]* | build/tests/fakevm | \
		build/tests/pty) echo "$file" ;;
	esac
done | grep -v '^build/tests/\(go\|results\)/' | sort -u
