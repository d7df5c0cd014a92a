#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# buildkernel.sh: `make buildkernel` by FreeBSD's names, and the kernel for
# Firecracker on a machine that is as much like it as QEMU's can be: only
# virtio-mmio version 2, and none of the PC's old devices.
set -u
unset MAKEFLAGS MAKELEVEL MFLAGS

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

# refused NAME ARGUMENT...: make refuses in one line.
refused() {
	name=$1
	shift
	make -s --no-print-directory buildkernel "$@" >"$tmp/out" 2>&1
	check "$name: refused" 2 $?
	check "$name: in one line" 1 "$(wc -l <"$tmp/out")"
}
refused "another TARGET" KERNCONF=MICROVM TARGET=arm64
refused "another TARGET_ARCH" TARGET=amd64 TARGET_ARCH=i386
refused "no such KERNCONF" KERNCONF=GENERIC TARGET=amd64

for conf in MICROVM FIRECRACKER; do
	make -s buildkernel KERNCONF=$conf TARGET=amd64 >"$tmp/out" 2>&1
	check "make buildkernel KERNCONF=$conf" 0 $?
	check "$conf: debug symbols" 1 "$(readelf -SW "build/sys/$conf/kernel" |
		grep -c ' \.debug_info ')"
done
kernel=build/sys/FIRECRACKER/kernel
check "without the real-time clock" "" "$(nm $kernel | grep ' rtc_')"

# imp's machine has neither PIT nor PIC nor RTC.
run() {
	build/imp run -t 700 --kernel $kernel --qemu-arg -global \
		--qemu-arg virtio-mmio.force-legacy=false "$@"
}
check "Firecracker's kernel: input and output" "a b" \
	"$(printf 'a b' | run build/tests/prog/streams cat)"
for prog in pipes umtx; do
	run -c 2 build/tests/prog/$prog >"$tmp/out" 2>&1
	check "Firecracker's kernel: $prog" 0 $?
done
# The interface that it hasn't: said, and no hang.
build/imp run -t 700 --kernel $kernel build/tests/prog/true >"$tmp/out" 2>&1
check "the legacy interface fails" 125 $?
check "and is named" 0 "$(grep -q 'virtio-mmio version 1' "$tmp/out"
	echo $?)"

exit $failed
