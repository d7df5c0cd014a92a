#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# config.sh NAME OUTDIR: reads sys/conf/NAME and writes OUTDIR/files.mk (the
# list of sources) and OUTDIR/gen/opt.h (one #define for each option and
# device), touching neither if nothing changed.
set -eu

conf=$1
out=$2
mkdir -p "$out/gen"

# Prints "kind name" lines with includes followed.
expand() {
	while read -r kind name _; do
		case $kind in
		'' | '#'*) ;;
		include) expand "$name" ;;
		ident | options | device) echo "$kind $name" ;;
		*)
			echo "sys/conf/$1: unknown word '$kind'" >&2
			exit 1
			;;
		esac
	done <"sys/conf/$1"
}

install_if_changed() {
	if cmp -s "$1" "$2"; then
		rm "$1"
	else
		mv "$1" "$2"
	fi
}

[ -f "sys/conf/$conf" ] || {
	echo "config: sys/conf/$conf: no such configuration" >&2
	exit 1
}
words=$(expand "$conf")
chosen=$(echo "$words" | awk '$1 != "ident" { print $2 }')
ident=$(echo "$words" | awk '$1 == "ident" { name = $2 } END { print name }')

{
	echo "/* Made from sys/conf/$conf by tools/config.sh. */"
	echo "#define KERN_IDENT \"$ident\""
	for word in $chosen; do
		echo "#define OPT_$(echo "$word" | tr '[:lower:]' '[:upper:]') 1"
	done
} >"$out/gen/opt.h.new"
install_if_changed "$out/gen/opt.h.new" "$out/gen/opt.h"

{
	printf 'SRCS ='
	while read -r pattern when _; do
		case $pattern in '' | '#'*) continue ;; esac
		if [ "$when" != standard ] &&
		    ! echo "$chosen" | grep -qx "$when"; then
			continue
		fi
		for file in $pattern; do
			[ -f "$file" ] && printf ' %s' "$file"
		done
	done <sys/conf/files
	echo
} >"$out/files.mk.new"
install_if_changed "$out/files.mk.new" "$out/files.mk"
