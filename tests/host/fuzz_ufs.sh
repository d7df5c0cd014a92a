#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fuzz_ufs.sh RUNS: libFuzzer's search for what the reader of UFS can't
# stand, from a fixed seed.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/root/a/b" "$tmp/root/many"
head -c 70000 /dev/zero | tr '\0' x >"$tmp/root/file"
echo small >"$tmp/root/a/b/small"
ln "$tmp/root/a/b/small" "$tmp/root/hard"
ln -s b/small "$tmp/root/a/link"
for i in $(seq 1 40); do
	: >"$tmp/root/many/$i"
done
for version in 1 2; do
	makefs -t ffs -s 512k -o "version=$version,bsize=4096,fsize=512" \
	    "$tmp/image" "$tmp/root" >/dev/null
	mkdir -p "$tmp/corpus$version"
	UFS_IMAGE=$tmp/image build/tests/host/fuzz-ufs -seed=1 -max_len=160 \
	    -len_control=0 -runs="$1" "-artifact_prefix=$tmp/" -verbosity=0 \
	    "$tmp/corpus$version"
	echo "version $version: $(find "$tmp/corpus$version" -type f | wc -l) inputs of interest"
done
