#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# newfs.sh: what newfs(8) makes passes imp fsck in all sizes, has the layout that
# FreeBSD's has, and survives each damage that doesn't need files.
set -u

newfs=build/tests/host/newfs
imp=build/imp
damage=build/tests/host/damage
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
image=$dir/image
failed=0

fail() {
	failed=1
	echo "$1"
	cat "$dir/out"
}

make() {
	rm -f "$image"
	$newfs "$@" "$image" >"$dir/out" 2>&1 || fail "newfs $*: refused"
}

fsck() {
	expected=$1
	shift
	status=0
	$imp fsck "$@" "$image" >"$dir/out" 2>&1 </dev/null || status=$?
	[ $status = "$expected" ] || fail "fsck $*: status $status"
}

for sizes in 4096/512 4096/1024 4096/2048 4096/4096 8192/1024 8192/8192 \
    16384/2048 32768/4096 32768/8192 32768/32768 65536/8192 65536/65536; do
	for sectors in 6000 10007 99999 1000000 20000000; do
		make -b "${sizes%/*}" -f "${sizes#*/}" -s $sectors
		fsck 0 -n
	done
done

# As FreeBSD's newfs(8) prints for 1 GB and for 100 GB.
make -s 2097152
grep -q '4 cylinder groups of 256.03MB, 8193 blks, 32896 inodes' \
    "$dir/out" || fail "1 GB: another layout"
make -s 209715200
grep -q 'of 626.22MB, 20039 blks, 80256 inodes' "$dir/out" ||
	fail "100 GB: another layout"

for kind in unclean totals summary pending sums-wrong runs-wrong \
    directories-wrong group-magic group-zero group-hash super-hash \
    super-torn-hash super-magic super-zero super-sizes super-copy root-lost root-file; do
	make -U -s 40000
	$damage "$image" $kind
	status=2
	case $kind in
	unclean | totals | summary | pending | *s-wrong | *-hash) status=1 ;;
	esac
	fsck $status -n
	fsck 0 -y
	fsck 0 -n
done

refused() {
	if $newfs "$@" "$image" >"$dir/out" 2>&1; then
		fail "newfs $*: not refused"
	fi
}
rm -f "$image"
refused
make -s 40000
refused -b 5000
refused -b 131072
refused -b 65536 -f 4096
refused -f 256
refused -s 100
refused -i 100
refused -m 100
refused -O 1
refused -L "$(printf 'x%.0s' $(seq 32))"
fsck 0 -n
exit $failed
