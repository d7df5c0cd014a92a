#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shared.sh MUSL OUT: builds what a dynamically linked FreeBSD program needs:
#
#	OUT/ld-elf.so.1		the dynamic linker, with the C library in it
#	OUT/libc.so.7		what can't be in the linker
#	OUT/libgcc_s.so.1	the unwinder, which is Debian's
#
# Functions of musl that ldso/ has as FreeBSD's programs know them, and those in
# ldso/renamed, get musl_ before their names.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
src=$out/src
jobs=$(getconf _NPROCESSORS_ONLN)
unwinder=/usr/lib/llvm-14/lib/libunwind.so.1.0
ldflags='-Wl,--hash-style=both -Wl,-z,noexecstack -Wl,-z,max-page-size=4096'

"$here/tree.sh" "$1" "$src"
cd "$src"
cat >>config.mak <<EOF
LDFLAGS_AUTO = $ldflags -Wl,-Bsymbolic-functions -Wl,-soname,libc.so \
    -Wl,--dynamic-list=dynamic.list -Wl,--dynamic-list=ldso/freebsd.list \
    -Wl,--gc-sections
EOF

# The objects of musl's, and of ours.
if ! MAKEFLAGS='' make -s -j"$jobs" --eval='.SECONDEXPANSION:' \
    --eval="objects: \$\$(LOBJS) \$\$(LDSO_OBJS)" objects \
    >"$out/make.log" 2>&1; then
	cat "$out/make.log" >&2
	exit 1
fi
ours=$(cd "$here/ldso" && printf 'obj/ldso/%s\n' *.c | sed 's/c$/lo/')
find obj -name '*.lo' | grep -vxF "$ours" >theirs

# names: those that the objects of standard input define, sorted.
names() {
	xargs nm -g --defined-only 2>/dev/null | awk 'NF == 3 { print $3 }' |
	    sort -u
}
echo "$ours" | names >names.ours
names <theirs >names.theirs
{
	comm -12 names.ours names.theirs
	grep -v '^#' "$here/ldso/renamed"
} | sed 's/.*/& musl_&/' >renames
# A program's start file has the variable "environ", and sets it by that name.
while read -r object; do
	case $object in
	*/__environ.lo) set -- ;;
	*) set -- --redefine-sym __environ=environ ;;
	esac
	objcopy --redefine-syms=renames "$@" "$object"
done <theirs
MAKEFLAGS='' make -s lib/libc.so

cp lib/libc.so "$out/ld-elf.so.1"
# shellcheck disable=SC2086 # words
gcc -O2 -fPIC $ldflags -shared -nostdlib -Wl,-soname,libc.so.7 \
    -Wl,--no-as-needed -o "$out/libc.so.7" "$here/shared/libc7.c" lib/libc.so
cp "$unwinder" "$out/libgcc_s.so.1"
strip "$out/ld-elf.so.1" "$out/libc.so.7"
chmod 755 "$out/libgcc_s.so.1"
rm -rf "$src"
