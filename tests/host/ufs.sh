#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Damaged file systems of both kinds for tests/host/ufs.c.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/root/a/b"
head -c 150000 /dev/urandom >"$tmp/root/file"
echo small >"$tmp/root/a/b/small"
ln -s b/small "$tmp/root/a/link"
for version in 1 2; do
	makefs -t ffs -s 2m -o "version=$version,bsize=4096,fsize=512" \
	    "$tmp/image" "$tmp/root" >/dev/null
	build/tests/host/ufs "$tmp/image" 1500
done
