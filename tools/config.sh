#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# config.sh NAME OUTDIR: reads sys/conf/NAME and writes OUTDIR/files.mk (the
# lists of sources and of options) and OUTDIR/gen/opt.h (one #define for each option and
# device), touching neither if nothing changed.
#
# The words are config(5)'s: include, ident, options and device, and nooptions
# and nodevice for what an included file has and this one hasn't.
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
		ident | options | device | nooptions | nodevice) echo "$kind $name" ;;
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
chosen=$(echo "$words" | awk '
	$1 == "options" || $1 == "device" { in_[$2] = ++n; name[n] = $2 }
	$1 == "nooptions" || $1 == "nodevice" {
		if (!($2 in in_)) {
			print $1 " " $2 ": nothing has it" >"/dev/stderr"
			exit 1
		}
		delete in_[$2]
	}
	END {
		for (i = 1; i <= n; i++)
			if (in_[name[i]] == i)
				print name[i]
	}')
ident=$(echo "$words" | awk '$1 == "ident" { name = $2 } END { print name }')

{
	echo "/* Made from sys/conf/$conf by tools/config.sh. */"
	echo "#define KERN_IDENT \"$ident\""
	for word in $chosen; do
		echo "#define OPT_$(echo "$word" | tr '[:lower:]' '[:upper:]') 1"
	done
} >"$out/gen/opt.h.$$"
install_if_changed "$out/gen/opt.h.$$" "$out/gen/opt.h"

# The files that have a line of their own, between blanks.
own=" $(awk '!/^#/ && $1 !~ /[*?[]/ { print $1 }' sys/conf/files | tr '\n' ' ')"
{
	printf 'SRCS ='
	while read -r pattern when _; do
		case $pattern in '' | '#'*) continue ;; esac
		if [ "$when" != standard ] &&
		    ! echo "$chosen" | grep -qx "$when"; then
			continue
		fi
		for file in $pattern; do
			[ -f "$file" ] || continue
			case $own in *" $file "*)
				[ "$file" = "$pattern" ] || continue ;;
			esac
			printf ' %s' "$file"
		done
	done <sys/conf/files
	echo
	# shellcheck disable=SC2086 # words
	echo OPTIONS = $chosen
} >"$out/files.mk.$$"
install_if_changed "$out/files.mk.$$" "$out/files.mk"
