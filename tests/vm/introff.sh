#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# introff.sh IMP KERNEL LIMIT: runs the program of that name in a machine whose
# clock counts instructions.
exec "$1" run -c 1 -t 280 --kernel "$2" --accel tcg --qemu-arg -icount \
    --qemu-arg shift=0,sleep=off build/tests/vm/introff "$3"
