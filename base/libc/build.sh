#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh MUSL OUT: builds the static C library from musl's sources in MUSL and
# the files of this folder (tree.sh), and leaves include/ and lib/ in OUT.
set -eu

out=$2
src=$out/src
jobs=$(getconf _NPROCESSORS_ONLN)

"$(dirname "$0")/tree.sh" "$1" "$src" -fno-pic -fno-pie
echo "prefix = $(cd "$out" && pwd)" >>"$src/config.mak"
if ! MAKEFLAGS='' make -s -C "$src" -j"$jobs" lib/libc.a lib/crt1.o \
    lib/crti.o lib/crtn.o >"$out/make.log" 2>&1; then
	cat "$out/make.log" >&2
	exit 1
fi
MAKEFLAGS='' make -s -C "$src" install-headers >/dev/null
mkdir -p "$out/include/musl" "$out/lib"
(cd "$src/include/musl" && find . -name '*.h') | while read -r header; do
	mkdir -p "$(dirname "$out/include/musl/$header")"
	cp "$src/include/musl/$header" "$out/include/musl/$header"
done
for file in libc.a crt1.o crti.o crtn.o; do
	cp "$src/lib/$file" "$out/lib/"
done
for name in m pthread rt crypt util; do
	rm -f "$out/lib/lib$name.a"
	ar rc "$out/lib/lib$name.a"
done
rm -rf "$src"
