#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# failing.sh IMP KERNEL PROGRAM CASE BSIZE FSIZE: a case of failing.c, dying.c or
# stalled.c on an empty UFS2 disk, whose requests fail when the case wants it. What is left
# there must be clean.
set -u

imp=$1 kernel=$2 prog=$3 case=$4 bsize=$5 fsize=$6
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tests=build/tests/disk

. tests/disk/nbd.sh

mkdir "$dir/root"
if [ "${case#fat}" != "$case" ]; then
	truncate -s 16M "$dir/disk"
	mkfs.vfat "$dir/disk" >/dev/null || exit 1
else
	makefs -t ffs -s 16m -f 300 -o "version=2,bsize=$bsize,fsize=$fsize" \
	    "$dir/disk" "$dir/root" >/dev/null || exit 1
fi
# shellcheck disable=SC2046 # words
$tests/faildisk "$dir/socket" "$dir/disk" \
    "$imp" run -t 700 -m 32m --verbose --kernel "$kernel" \
    $(disk 0 disk) $(disk 1 orders) "$tests/$prog" "$case" \
    >"$dir/out" 2>&1 || {
	tail -40 "$dir/out"
	exit 1
}
# given_up COUNT: so often the console said that changes are lost.
given_up() {
	[ "$(grep -c 'given up what' "$dir/out")" = "$1" ] && return
	grep 'given up' "$dir/out"
	echo "not given up $1 times"
	exit 1
}
case $prog/$case in
dying/forced) given_up 2 ;;
dying/readonly)
	given_up 3
	"$imp" fsck -p "$dir/disk" || exit 1
	;;
dying/fat)
	given_up 1
	exit 0
	;;
stalled/fat*)
	given_up 0
	fsck.vfat -n "$dir/disk"
	exit
	;;
*) given_up 0 ;;
esac
"$imp" fsck -n "$dir/disk"
