#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kpanic.sh KERNEL TEST REGEX...: a test of the kernel that must end in a
# panic, whose output has a line for each of the expressions.
set -u

out=$(mktemp)
trap 'rm -f "$out"' EXIT
timeout 350 qemu-system-x86_64 -M microvm,acpi=off -cpu max -m 256m -smp 2 \
    -nodefaults -no-user-config -display none -no-reboot -serial stdio \
    -kernel "$1" -append "ktest=$2" >"$out" </dev/null || exit 1
shift 2
cat "$out"
for line in "$@"; do
	grep -q "$line" "$out" || {
		echo "missing: $line"
		exit 1
	}
done
