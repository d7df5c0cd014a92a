#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh TABLE: tries each program of tools.tab that this system has. A line
# for each: name, "works", "starts", "fails", "absent", "later" or "never", and
# why; separated by tabs.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
LC_ALL=C
export PATH LC_ALL
table=$1
dir=/tmp/tools.$$
tab=$(printf '\t')
broken='Function not implemented|Bad system call|Segmentation fault|Abort trap'
broken="$broken|Undefined symbol|Shared object .* not found|core dumped"

# first_line FILE: of what it printed, what may stand in a table.
first_line() {
	tr -d '\000-\010\013-\037' <"$1" | grep . | head -n 1 | cut -c 1-100
}

# try COMMAND: runs it in an empty directory; its output is $dir.out.
try() {
	mkdir "$dir"
	(cd "$dir" && exec timeout -k 5 60 sh -c "$1") >"$dir.out" 2>&1 </dev/null
	status=$?
	chflags -R 0 "$dir"
	rm -rf "$dir"
}

verdict() {
	try "$2"
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		echo "fails${tab}doesn't end"
	elif grep -Eq "$broken" "$dir.out"; then
		echo "fails${tab}$(grep -E "$broken" "$dir.out" >"$dir.why" &&
			first_line "$dir.why")"
	elif [ "$1" = starts ]; then
		[ "$status" -lt 126 ] && echo "starts${tab}" ||
			echo "fails${tab}$(first_line "$dir.out")"
	elif grep -Eq -- "$1" "$dir.out"; then
		echo "works${tab}"
	else
		echo "fails${tab}$(first_line "$dir.out")"
	fi
}

tried=0
grep -v '^#' "$table" | while IFS=$tab read -r name pattern command; do
	tried=$((tried + 1))
	[ $((tried % 100)) -ne 0 ] || echo "tried $tried" >&2
	case $pattern in
	later | never) result="$pattern$tab$command" ;;
	*)	if which -s "$name"; then
			result=$(verdict "$pattern" "$command")
		else
			result="absent$tab"
		fi ;;
	esac
	echo "$name$tab$result"
done
# What the table doesn't have.
find /bin /sbin /usr/bin /usr/sbin ! -type d | sed 's,.*/,,' | sort -u |
	awk -F"$tab" 'NR == FNR { seen[$1]; next }
	    !($1 in seen) { print $1 "\tunknown\t" }' "$table" -
