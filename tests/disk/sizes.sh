#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sizes.sh DISK TREE FORMAT: a GPT disk with the tree as a file system of each
# block and fragment size, a partition each: UFS1 or UFS2 by makefs (1, 2), or an
# empty UFS2 by our newfs. Prints a line for each: its number, the block and the
# fragment size.
set -eu

disk=$1 tree=$2 format=$3
mb=24
image=$disk.part
trap 'rm -f "$image"' EXIT

make_image() {
	if [ "$format" = newfs ]; then
		rm -f "$image"
		truncate -s ${mb}M "$image"
		build/tests/host/newfs -n -b "$bsize" -f "$fsize" "$image" >/dev/null
	else
		makefs -t ffs -s ${mb}m -B little \
		    -o "version=$format,bsize=$bsize,fsize=$fsize" "$image" \
		    "$tree" >/dev/null
	fi
}

rm -f "$disk"
truncate -s $((21 * (mb + 1)))M "$disk"
n=1
for bsize in 4096 8192 16384 32768 65536; do
	for ratio in 8 4 2 1; do
		fsize=$((bsize / ratio))
		make_image
		dd if="$image" of="$disk" bs=1M seek=$((1 + (n - 1) * mb)) \
		    conv=notrunc,sparse status=none
		echo "$n $bsize $fsize"
		n=$((n + 1))
	done
done
{
	echo "label: gpt"
	i=0
	while [ $i -lt $((n - 1)) ]; do
		echo "start=$((1 + i * mb))M, size=${mb}M, type=516E7CB6-6ECF-11D6-8FF8-00022D09712B"
		i=$((i + 1))
	done
} | sfdisk -q "$disk" >/dev/null 2>&1
