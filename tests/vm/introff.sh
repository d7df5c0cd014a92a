#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# introff.sh IMP KERNEL LIMIT PERCENT: runs the program of that name, with a
# disk, in a machine whose clock counts instructions.
set -eu

disk=$(mktemp)
trap 'rm -f "$disk"' EXIT
truncate -s 64m "$disk"
"$1" run -c 1 -t 580 -m 2g --kernel "$2" --accel tcg --qemu-arg -icount \
    --qemu-arg shift=0,sleep=off --qemu-arg -drive \
    --qemu-arg "id=d0,if=none,format=raw,cache=unsafe,file=$disk" \
    --qemu-arg -device --qemu-arg virtio-blk-device,drive=d0 \
    build/tests/vm/introff "$3" "$4"
