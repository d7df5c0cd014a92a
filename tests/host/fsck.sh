#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Small file systems, damaged at random, for tests/host/fsck.c.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/root/a/b" "$tmp/root/c"
head -c 70000 /dev/urandom >"$tmp/root/file"
echo small >"$tmp/root/a/b/small"
ln "$tmp/root/a/b/small" "$tmp/root/c/hard"
ln -s b/small "$tmp/root/a/link"
export FSCK_IMAGE="$tmp/image"
for how in bsize=4096,fsize=512,maxbpcg=40 bsize=8192,fsize=8192; do
	for hashes in no yes; do
		makefs -t ffs -s 512k -o "version=2,$how" "$tmp/image" \
		    "$tmp/root" >/dev/null
		[ $hashes = no ] ||
			build/tests/host/damage "$tmp/image" hashes
		build/tests/host/fsck 3000
		build/tests/host/fsck-fuzz -seed=1 -runs=3000 -max_len=112 \
		    -timeout=20 2>"$tmp/out" || {
			tail -n 40 "$tmp/out"
			exit 1
		}
	done
done
