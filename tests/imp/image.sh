#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# imp image: what makefs(8) put into a file system comes out again, for every
# size of blocks and fragments; damaged ones are told of.
set -eu

imp=build/imp
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/root/sub/deep"
echo hello >"$tmp/root/sub/deep/f"
ln -s deep/f "$tmp/root/sub/link"
ln -s /sub/deep "$tmp/root/absolute"
ln -s "$(printf 'x%.0s' $(seq 1 300))" "$tmp/root/long"
ln -s loop "$tmp/root/loop"
: >"$tmp/root/empty"
truncate -s 5m "$tmp/root/sparse"
echo end >>"$tmp/root/sparse"
head -c 9000000 /dev/urandom >"$tmp/root/big"
mkdir "$tmp/root/many"
i=0
while [ $i -lt 2000 ]; do
	: >"$tmp/root/many/a-name-of-some-length-$i"
	i=$((i + 1))
done

compare() {
	for file in big sparse empty sub/deep/f; do
		$imp image cat "$1" $file | cmp - "$tmp/root/$file"
	done
	[ "$($imp image cat "$1" /absolute/f sub/link)" = "hello
hello" ]
	$imp image ls "$1" many | sed 's/.* //' | sort >"$tmp/names"
	(cd "$tmp/root/many" && printf '%s\n' *) | sort | cmp - "$tmp/names"
	$imp image ls "$1" long | grep -q -- '-> x\{300\}$'
	$imp image ls "$1" absolute | grep -q '^l.* -> /sub/deep$'
}

# refused TEXT ARGUMENT...: status 125, and one line that says so.
refused() {
	text=$1
	shift
	status=0
	$imp image "$@" >"$tmp/out" 2>&1 || status=$?
	if [ $status != 125 ] || ! grep -q "$text" "$tmp/out" ||
	    [ "$(wc -l <"$tmp/out")" != 1 ]; then
		echo "image $*: status $status, not 125 with '$text':"
		cat "$tmp/out"
		exit 1
	fi
}

for sizes in 4096/512 4096/4096 8192/1024 16384/2048 32768/4096 65536/8192; do
	for version in 1 2; do
		makefs -t ffs -s 40m -o "version=$version,bsize=${sizes%/*}" \
		    -o "fsize=${sizes#*/}" "$tmp/image" "$tmp/root" >/dev/null
		compare "$tmp/image"
	done
done

refused 'nope: No such file' ls "$tmp/image" nope
refused 'big/x: Not a directory' ls "$tmp/image" big/x
refused 'too many symbolic links' cat "$tmp/image" loop
refused "it isn't a file" cat "$tmp/image" sub
refused 'no UFS superblock' ls /dev/null
refused 'no UFS superblock' ls "$imp"
truncate -s 1m "$tmp/image"
refused 'larger than what it lies on' ls "$tmp/image"

# A first superblock that can't be right: a copy is used, and it says so.
makefs -t ffs -s 40m -o version=2 "$tmp/image" "$tmp/root" >/dev/null
printf '\0\0\0\0' |
    dd of="$tmp/image" bs=1 seek=$((8192 + 184)) conv=notrunc 2>/dev/null
$imp image ls "$tmp/image" many 2>"$tmp/out" >/dev/null
grep -q 'a copy of it is used' "$tmp/out"
