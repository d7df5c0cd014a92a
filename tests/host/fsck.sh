#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Small file systems of all kinds, damaged at random, for tests/host/fsck.c.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/root/a/b" "$tmp/root/c"
head -c 70000 /dev/urandom >"$tmp/root/file"
echo small >"$tmp/root/a/b/small"
ln "$tmp/root/a/b/small" "$tmp/root/c/hard"
ln -s b/small "$tmp/root/a/link"
export FSCK_IMAGE="$tmp/image"

# made SIZE OPTIONS: by makefs.
made() {
	makefs -t ffs -s "$1" -o "$2" "$tmp/image" "$tmp/root" >/dev/null
}

# search RUNS: from seeds, and by libFuzzer.
search() {
	build/tests/host/fsck "$1"
	build/tests/host/fsck-fuzz -seed=1 -runs="$1" -max_len=160 \
	    -timeout=20 2>"$tmp/out" || {
		tail -n 40 "$tmp/out"
		exit 1
	}
}

for how in bsize=4096,fsize=512,maxbpcg=40 bsize=8192,fsize=8192; do
	made 512k "version=2,$how"
	search 900
	build/tests/host/damage "$tmp/image" hashes
	search 900
done
made 512k version=1,bsize=4096,fsize=512
search 250
head -c 4194304 /dev/zero >"$tmp/root/.sujournal"
echo other >"$tmp/root/rest"
made 5m version=2,bsize=8192,fsize=1024
build/tests/host/damage "$tmp/image" journal
search 60
rm "$tmp/root/.sujournal"
for how in bsize=16384,fsize=2048 bsize=32768,fsize=4096 bsize=65536,fsize=8192; do
	made 3m "version=2,$how"
	search 250
	made 3m "version=1,$how"
	search 100
done
for sizes in '4096 1024' '16384 16384' '65536 8192'; do
	rm "$tmp/image"
	build/tests/host/newfs -b "${sizes% *}" -f "${sizes#* }" -s 10000 \
	    "$tmp/image" >/dev/null
	search 250
done
