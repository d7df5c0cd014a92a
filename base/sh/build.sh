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
bits=$(cd "$(dirname "$0")/../libc/arch/x86_64/bits" && pwd)
cd "$work"
# A program that runs here writes the list of signals: by FreeBSD's numbers.
{
	echo '#include <signal.h>'
	echo '#include <signal.h>' | gcc -dM -E - |
	    sed -n 's/^#define \(SIG[A-Z0-9]*\|_*NSIG\) .*/#undef \1/p'
	echo "#include \"$bits/signal.h\""
	printf '#define %s\n' 'NSIG _NSIG' 'SIGRTMIN 65' 'SIGRTMAX 126'
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
