#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# walks.sh IMP NUMBER: runs the program of that name in a machine whose clock
# counts instructions.
exec "$1" run -c 1 -m 1g -t 140 --accel tcg --qemu-arg -icount \
    --qemu-arg shift=0,sleep=off build/tests/vm/walks "$2"
