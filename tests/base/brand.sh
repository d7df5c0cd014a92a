#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# brand.sh IMPCC: what FreeBSD's kernel asks of a program before it runs it: its
# brand in the header, and a note of its ABI, whole, with more behind it in the
# segment.
set -u

impcc=$(realpath "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

echo 'int main(void) { return (0); }' >"$tmp/a.c"
(cd "$tmp" && "$impcc" a.c && "$impcc" -o b a.c && "$impcc" -oc a.c &&
	"$impcc" -c a.c)
for program in a.out b c; do
	check "brand of $program" "UNIX - FreeBSD" \
		"$(readelf -h "$tmp/$program" | sed -n 's/ *OS\/ABI: *//p')"
done
check "an object has none" "UNIX - System V" \
	"$(readelf -h "$tmp/a.o" | sed -n 's/ *OS\/ABI: *//p')"
check "the release, and no features left out" "a4 e3 16 00
00 00 00 00" "$(readelf -nW "$tmp/b" |
	sed -n 's/ *$//; s/.*FreeBSD .*description data: //p')"
check "a segment of notes" 1 "$(readelf -lW "$tmp/b" | grep -c '^ *NOTE ')"
exit $failed
