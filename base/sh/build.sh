#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh DASH OUT: builds dash from its source folder DASH with imp-cc, and
# leaves OUT/sh.
set -eu

dash=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cc=$(cd "$(dirname "$0")/../.." && pwd)/${IMPCC:-build/bin/imp-cc}
work=$out/work

rm -rf "$work"
cp -a "$dash" "$work"
signals=$(cd "$(dirname "$0")/../../sys/fbsd/num" && pwd)/signal.h
cd "$work"
# A program that runs here writes the list of signals: by FreeBSD's numbers.
{
	echo '#include <signal.h>'
	sed -n 's/^#define \([A-Z][A-Z0-9_]*\).*/#undef \1/p' "$signals"
	echo '#undef _NSIG'
	echo '#define _NSIG NSIG'
	echo "#include \"$signals\""
} >target.h
./configure --quiet --host=x86_64-unknown-freebsd --disable-dependency-tracking \
    CC="$cc" CC_FOR_BUILD="gcc -include $work/target.h" CFLAGS="-O2 -w" >/dev/null 2>"$out/configure.log" || {
	cat "$out/configure.log" >&2
	exit 1
}
MAKEFLAGS='' make -s -j2 >"$out/make.log" 2>&1 || {
	cat "$out/make.log" >&2
	exit 1
}
cp src/dash "$out/sh"
strip "$out/sh"
rm -rf "$work"
