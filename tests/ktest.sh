#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ktest.sh KERNEL: the kernel's own tests, in a machine with four CPUs.
set -u

out=$(mktemp)
trap 'rm -f "$out"' EXIT
timeout 350 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 256m -smp 4 \
    -nodefaults -no-user-config -display none -no-reboot -serial stdio \
    -kernel "$1" -append "ktest=all" >"$out" </dev/null
cat "$out"
grep -q '^ktest: [1-9][0-9]* passed, 0 failed' "$out"
