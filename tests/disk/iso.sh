#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# iso.sh IMP KERNEL: an ISO 9660 volume with Rock Ridge and Joliet, made by
# xorriso, and a program that looks at it by all kinds of names.
set -eu

imp=$1 kernel=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/root

mkdir -p "$root/deep/2/3/4/5/6/7/8/9" "$root/many"
echo hello >"$root/Hello.Text"
: >"$root/empty"
echo nine >"$root/deep/2/3/4/5/6/7/8/9/nine"
# 1 MB and a bit: each line says where it is.
awk 'BEGIN { for (i = 0; i < 65537; i++) printf "%015d\n", i }' >"$root/big"
long=$(printf '%0200d' 7)
echo long >"$root/$long"
echo umlaut >"$root/ä€"
ln -s Hello.Text "$root/link"
ln -s "/../x/./$long/$long/$long" "$root/longlink"
ln "$root/Hello.Text" "$root/second"
mkfifo "$root/fifo"
i=0
while [ $i -lt 700 ]; do
	: >"$root/many/file-number-$i"
	i=$((i + 1))
done
chmod 4751 "$root/Hello.Text"
chmod 0700 "$root/deep"
touch -d '2001-02-03 04:05:06 UTC' "$root/Hello.Text"
xorriso -as mkisofs -quiet -R -J -joliet-long -rr_reloc_dir /rr_moved \
    -o "$dir/disk" "$root" 2>"$dir/log" || { cat "$dir/log"; exit 1; }

"$imp" run -t 100 -m 64m -c 2 --kernel "$kernel" --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,file=$dir/disk,readonly=on" \
    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
    build/tests/disk/iso "$(stat -c %u "$root")"
