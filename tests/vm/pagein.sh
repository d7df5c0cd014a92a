#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pagein.sh IMP CPUS: runs the program of that name with a disk that takes one
# request in a second.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/root"
head -c 4m /dev/zero | tr '\0' d >"$dir/root/data"
makefs -t ffs -s 12m -f 100 -o version=2 "$dir/disk" "$dir/root" >/dev/null
"$1" run -c "$2" -t 60 --qemu-arg -drive \
    --qemu-arg "id=d0,if=none,format=raw,cache=unsafe,file=$dir/disk,throttling.iops-total=1" \
    --qemu-arg -device --qemu-arg virtio-blk-device,drive=d0 \
    build/tests/vm/pagein /dev/vtbd0
