#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# latency.sh IMP [MEGABYTES [MEMORY [FILE_MEGABYTES [SECONDS]]]]: runs the program
# of that name, with a disk, in a machine whose clock counts instructions.
set -eu

megabytes=${2:-24}
file=${4:-$megabytes}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/empty"
makefs -t ffs -s "$((file + file / 8 + 16))m" -f 100 -o version=2 \
    "$dir/disk" "$dir/empty" >/dev/null
"$1" run -c 1 -t "${5:-140}" -m "${3:-128m}" --accel tcg --qemu-arg -icount \
    --qemu-arg shift=0,sleep=off --qemu-arg -drive \
    --qemu-arg "id=d0,if=none,format=raw,cache=unsafe,file=$dir/disk" \
    --qemu-arg -device --qemu-arg virtio-blk-device,drive=d0 \
    build/tests/vm/latency "$megabytes" "$file" /dev/vtbd0
