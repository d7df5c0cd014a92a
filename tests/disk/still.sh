#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The system powers off under build/tests/disk/still: nobody is in the kernel
# any more when the file systems end, and the disk is in order.
set -u

out=$(tests/disk/life.sh build/imp build/sys/TEST/kernel still 12m 600 64m 2>&1)
status=$?
echo "$out"
if echo "$out" | grep -q 'still in the kernel'; then
	echo "FAIL: a program didn't stand still"
	exit 1
fi
exit "$status"
