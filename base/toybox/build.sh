#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh TOYBOX OUT: builds toybox from its source folder TOYBOX with imp-cc,
# with the commands that the file "commands" names, and leaves OUT/toybox and
# OUT/links, the names that it goes by.
set -eu

toybox=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
CC=$(cd "$here/../.." && pwd)/${IMPCC:-build/bin/imp-cc}
HOSTCC=gcc
CFLAGS='-O2 -w'
MAKEFLAGS=
export CC HOSTCC CFLAGS MAKEFLAGS
work=$out/work

rm -rf "$work"
cp -a "$toybox" "$work"
cd "$work"
grep -v '^#' "$here/commands" | tr ' ' '\n' | sed 's/.*/CONFIG_&=y/' \
    >kconfig/freebsd_miniconfig
if ! { make bsd_defconfig && make; } >"$out/make.log" 2>&1; then
	cat "$out/make.log" >&2
	exit 1
fi
cp generated/unstripped/toybox "$out/toybox"
strip "$out/toybox"
sed -n 's/.*TOY(\([a-z0-9_]*\),.*/\1/p' generated/newtoys.h >"$out/all"
tr ' ' '\n' <"$here/commands" | tr '[:upper:]' '[:lower:]' |
    grep -vE '^(#|toybox|$)' | grep -xFf "$out/all" >"$out/links"
rm -rf "$work"
