#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# linux-ufs.sh IMAGE: what Linux's ufs driver finds on a disk, as
# tests/disk/manifest.c says it, on standard output: each partition if there
# are any. A judge that isn't ours: Debian's kernel.
set -eu

image=$1
out=build/tests/linux-ufs
log=$(mktemp)
trap 'rm -f "$log"' EXIT

program=build/tests/disk/manifest-linux
if [ ! -f $out/initrd ] ||
    [ -n "$(find $program -newer $out/initrd)" ]; then
	tests/linux/kernel.sh linux-image-amd64 $program $out \
	    virtio_mmio virtio_blk ufs
fi
timeout 100 qemu-system-x86_64 -M microvm,pit=on,pic=on -accel tcg -cpu max \
    -m 512m -smp 1 -nodefaults -no-user-config -display none -no-reboot \
    -serial stdio -kernel $out/vmlinuz -initrd $out/initrd \
    -append "console=ttyS0 quiet loglevel=0 tsc_early_khz=2000000 reboot=t panic=-1" \
    -drive "id=d,file=$image,format=raw,if=none,readonly=on" \
    -device virtio-blk-device,drive=d </dev/null | tr -d '\r' >"$log" || true
if [ "$(grep -c '^end$' "$log")" != 1 ]; then
	cat "$log"
	exit 1
fi
sed -n '/^disk /,/^end$/p' "$log" | sed '$d'
