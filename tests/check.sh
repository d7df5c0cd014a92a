# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034
# For scripts that tell of each thing that they look at; read by them with ".".
# They end with $failed.
failed=0

# check NAME WANTED FOUND
check() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1: wanted '$2', found '$3'"
		failed=1
	fi
}
