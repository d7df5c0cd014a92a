# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# For scripts whose disks are served by a program at $dir/socket; read by them
# with ".".

# disk NUMBER EXPORT: QEMU's arguments, as imp's.
disk() {
	printf ' --qemu-arg=-drive --qemu-arg=%s' \
	    "id=d$1,if=none,format=raw,file=nbd+unix:///$2?socket=$dir/socket"
	printf ' --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d%s' "$1"
}
