#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tree.sh MUSL TREE FLAG...: makes the folder TREE of musl's sources in MUSL, with
# the files of this folder in place of those of the same name, ready to be built
# with these flags of the compiler as well. Headers of ours find the ones they
# replace as <musl/...>, and FreeBSD's
# numbers, which the kernel includes as well, as <fbsd/...>.
set -eu

musl=$1
tree=$2
shift 2
here=$(dirname "$0")

rm -rf "$tree"
mkdir -p "$(dirname "$tree")"
cp -a "$musl" "$tree"
grep -v '^#' "$here/removed" | while read -r pattern; do
	# shellcheck disable=SC2086 # a pattern
	rm "$tree"/$pattern
done
mkdir "$tree/include/fbsd"
cp "$here/../../sys/fbsd/errno.h" "$here"/../../sys/fbsd/num/*.h \
    "$tree/include/fbsd/"
(cd "$here" && find include -name '*.h') | while read -r header; do
	if [ -f "$tree/$header" ]; then
		saved=$tree/include/musl/${header#include/}
		mkdir -p "$(dirname "$saved")"
		mv "$tree/$header" "$saved"
	fi
done
for folder in arch crt include ldso src; do
	cp -a "$here/$folder" "$tree/"
done
cat >"$tree/config.mak" <<EOF
ARCH = x86_64
CC = gcc
CFLAGS_AUTO = -O2 -pipe -fomit-frame-pointer -fno-unwind-tables \
    -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
    -fno-stack-protector -fexcess-precision=standard -frounding-math \
    -fno-strict-aliasing -Werror=implicit-function-declaration $*
EOF
