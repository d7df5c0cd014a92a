#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# storm.sh SEED CALLS CPUS [KERNEL]: tests/prog/storm in a machine of its own;
# the same numbers make the same calls.
set -u

if build/imp run -m 512m -c "$3" --kernel "${4:-build/sys/TEST/kernel}" \
    build/tests/prog/storm "$1" "$2"; then
	exit 0
fi
echo "failed: tests/storm.sh $*"
exit 1
