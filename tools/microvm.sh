#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# microvm.sh KERNEL DISK: the command line that people who boot FreeBSD on
# QEMU's microvm know. ^C ends QEMU; `imp boot` leaves it to the guest.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: $0 KERNEL DISK" >&2
	exit 2
fi
kernel=$1
disk=$2

exec qemu-system-x86_64 -M microvm -cpu max -m 512m -smp 4 -kernel "${kernel}" \
    -append "vfs.root.mountfrom=ufs:/dev/vtbd0p4" -nodefaults -no-user-config -nographic -serial stdio \
    -drive id=test,file="${disk}",format=raw,if=none -device virtio-blk-device,drive=test -machine acpi=off
