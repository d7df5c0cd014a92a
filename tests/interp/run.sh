#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs that name an ELF interpreter: it is loaded beside them and begins,
# whether they have a fixed place or not; one that isn't there, isn't a program
# or is cut short is told of in one line.
set -u

imp=build/imp
here=tests/interp
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
# shellcheck disable=SC2086 # several words
flags="-std=gnu17 -O2 -ffreestanding -nostdlib -fno-stack-protector
    -fno-builtin -mno-red-zone -Wl,--build-id=none -Isys -Itests/prog"

# shellcheck disable=SC2086
gcc $flags -fPIC -shared -fvisibility=hidden -Wl,-e,_start \
    -o "$tmp/ld.so" $here/ld.c || exit 1
# shellcheck disable=SC2086
gcc $flags -fPIE -pie -Wl,--dynamic-linker=/lib/ld.so \
    -o "$tmp/moving" tests/prog/hello.c || exit 1
# shellcheck disable=SC2086
gcc $flags -fno-pic -no-pie -Wl,--no-as-needed,--dynamic-linker=/lib/ld.so \
    -o "$tmp/fixed" tests/prog/hello.c "$tmp/ld.so" || exit 1

# expect STATUS OUTPUT-PATTERN WHAT COMMAND...
expect() {
	want=$1 pattern=$2 what=$3
	shift 3
	"$@" >"$tmp/out" 2>&1
	status=$?
	if [ "$status" != "$want" ] || ! grep -q "$pattern" "$tmp/out"; then
		echo "$what: status $status, not $want with '$pattern':"
		cat "$tmp/out"
		failed=1
	fi
}

for program in moving fixed; do
	readelf -l "$tmp/$program" | grep -q /lib/ld.so || exit 1
	expect 0 '^hello$' "$program" \
	    $imp run -t 200 -v "$tmp/ld.so:/lib/ld.so" "$tmp/$program"
	expect 127 '/lib/ld.so: No such file' "$program without it" \
	    $imp run -t 200 "$tmp/$program"
	expect 126 '/lib/ld.so: Exec format' "$program with a text for it" \
	    $imp run -t 200 -v "$here/ld.c:/lib/ld.so" "$tmp/$program"
	head -c 200 "$tmp/ld.so" >"$tmp/short"
	expect 126 '/lib/ld.so: Exec format' "$program with a short one" \
	    $imp run -t 200 -v "$tmp/short:/lib/ld.so" "$tmp/$program"
done
exit $failed
