#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# flood.sh IMP INIT [ARG...]: more on the console than its reader takes, from
# programs and from the kernel, until the machine ends: every line comes, whole,
# in order, and without a key being pressed.  The arguments are for `imp boot`.
set -u

imp=$1
init=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

lines=2800
mkdir -p "$tmp/root/sbin"
cp "$init" "$tmp/root/sbin/init"
tar -C "$tmp/root" --format=ustar -cf "$tmp/root.tar" .
head -c 1048576 /dev/zero >"$tmp/disk"

# The reader stops for a while, with a pipe's worth and some more to come.
slow() {
	head -c 70000
	sleep 1
	cat
}

for cpus in 1 2; do
	printf 'flood %s\n' $lines | "$imp" boot -m 64m -c $cpus \
	    --qemu-arg -initrd --qemu-arg "$tmp/root.tar" "$@" "$tmp/disk" |
	    slow | tr -d '\r' >"$tmp/out"
	check "$cpus CPUs: the kernel's lines" 100 \
	    "$(grep -c '^pid [0-9]* (init), .*: exited on signal 11$' "$tmp/out")"
	check "$cpus CPUs: the program's lines" "$lines in order" \
	    "$(awk '/^flood 0[0-9]* and more of it, to the end of line$/ &&
		$2 + 0 == n { n++ } END { print n " in order" }' "$tmp/out")"
	check "$cpus CPUs: the end" "flood ends;The system powers off.;" \
	    "$(tail -n 2 "$tmp/out" | tr '\n' ';')"
done
exit $failed
