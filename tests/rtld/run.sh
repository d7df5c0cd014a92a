#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh IMP RTLD: programs that are linked as FreeBSD's are, with start files
# of both kinds, on the dynamic linker and the libraries in the folder RTLD.
set -u

imp=$1 rtld=$2
here=tests/rtld
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
flags="-std=gnu17 -O2 -Wall -Wextra -Werror -Wno-unused-parameter -fPIE
    -fno-stack-protector -fno-builtin -nostdinc -I$here
    -isystem $(gcc -print-file-name=include)"

# link OUTPUT FILE...: with what FreeBSD's cc names at the end.
link() {
	out=$1
	shift
	# shellcheck disable=SC2086 # words
	gcc $flags -pie -nostdlib -Wl,--build-id=none -Wl,--export-dynamic \
	    -Wl,--no-as-needed -Wl,--dynamic-linker=/libexec/ld-elf.so.1 \
	    -Wl,--unresolved-symbols=ignore-in-object-files \
	    -o "$out" "$@" "$tmp/libthr.so.3" "$rtld/libc.so.7" \
	    "$rtld/ld-elf.so.1" || exit 1
	# FreeBSD's brand, as its linker writes it.
	printf '\011' | dd of="$out" bs=1 seek=7 conv=notrunc 2>/dev/null
}

# A library to link with; in the machine it's another name of libc.
gcc -shared -nostdlib -Wl,-soname,libthr.so.3 -x c /dev/null \
    -o "$tmp/libthr.so.3" || exit 1

# expect STATUS PATTERN WHAT COMMAND...
expect() {
	want=$1 pattern=$2 what=$3
	shift 3
	"$@" >"$tmp/out" 2>&1
	status=$?
	if [ "$status" != "$want" ] || ! grep -q -e "$pattern" "$tmp/out"; then
		echo "$what: status $status, not $want with '$pattern':"
		cat "$tmp/out"
		failed=1
	fi
}

for release in 14 15; do
	mkdir -p "$tmp/$release"
	link "$tmp/$release/abi" -DRELEASE=$release $here/start.c $here/abi.c
	for cpus in 1 2; do
		expect 0 '^abi: ok$' "release $release, $cpus CPUs" \
		    "$imp" run -t 700 -c $cpus -e WORD=value "$tmp/$release/abi"
	done
done

# What isn't there is told of before the program begins.
cat >"$tmp/lacks.c" <<'END'
int mtx_init(void *, int);
int main(void) { return (mtx_init(0, 0)); }
END
link "$tmp/lacks" -DRELEASE=15 $here/start.c "$tmp/lacks.c"
expect 127 'mtx_init: symbol not found' "a function that isn't offered" \
    "$imp" run -t 200 "$tmp/lacks"

# The user's own dynamic linker comes first.
expect 126 'ld-elf.so.1: Exec format' "a linker of the user's" \
    "$imp" run -t 200 -v "$here/abi.c:/libexec/ld-elf.so.1" "$tmp/15/abi"

# An imp without any.
mkdir -p "$tmp/alone/sys/MICROVM"
cp "$imp" "$tmp/alone/imp"
cp build/sys/MICROVM/kernel.stripped "$tmp/alone/sys/MICROVM/"
expect 127 "abi: its dynamic linker /libexec/ld-elf.so.1 isn't there: make rtld" \
    "no linker" "$tmp/alone/imp" run -t 200 "$tmp/15/abi"
exit $failed
