#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# flood.sh IMP INIT [ARG...]: more on the console than its reader takes, from
# programs and from the kernel, until the machine ends: every line comes, whole,
# in order, and without a key being pressed.  The arguments are for `imp boot`.
set -u

imp=$1
init=$2
shift 2
args=$*
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

# flood NAME CPUS COMMAND END: what comes after the last of the program's lines.
flood() {
	name=$1 cpus=$2 command=$3 end=$4
	# shellcheck disable=SC2086 # a list of words
	printf '%s %s\n' "$command" $lines | "$imp" boot -m 64m -c "$cpus" \
	    --qemu-arg -initrd --qemu-arg "$tmp/root.tar" $args "$tmp/disk" |
	    slow | tr -d '\r' >"$tmp/out"
	check "$name: the kernel's lines" 100 \
	    "$(grep -c '^pid [0-9]* (init), .*: exited on signal 11$' "$tmp/out")"
	check "$name: the program's lines" "$lines in order" \
	    "$(awk '/^flood 0[0-9]* and more of it, to the end of line$/ &&
		$2 + 0 == n { n++ } END { print n " in order" }' "$tmp/out")"
	check "$name: the end" "$end" \
	    "$(sed -n '/^flood ends$/{n;p;}' "$tmp/out")"
}
flood "1 CPU" 1 'flood off' 'The system powers off.'
flood "2 CPUs" 2 'flood off' 'The system powers off.'
flood "a panic" 2 'flood panic' 'panic: init died: status 3, signal 0'
exit $failed
