#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# boot.sh IMP INIT PTY: `imp boot` as its user sees it. The disk is an empty
# one; the system comes from an archive with tests/boot/init.c.
set -u

imp=$1
init=$2
pty=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

mkdir -p "$tmp/root/sbin"
cp "$init" "$tmp/root/sbin/init"
tar -C "$tmp/root" --format=ustar -cf "$tmp/root.tar" .
disk=$tmp/a,disk
head -c 1048576 /dev/zero >"$disk"

boot() {
	"$imp" boot -m 64m -c 2 --qemu-arg -initrd --qemu-arg "$tmp/root.tar" \
	    "$@" "$disk"
}

person() {
	"$pty" "$imp" boot -m 64m -c 2 --qemu-arg -initrd \
	    --qemu-arg "$tmp/root.tar" "$@" "$disk" 2>&1
	echo $?
}

status() {
	"$@" >/dev/null 2>&1
	echo $?
}

check "the keys are the guest's" 0 "$(printf '%s\n' 'see ^A x leaves' \
	'see ready' raw 'type job\n' 'see job runs' 'type \003' 'see killed 2' \
	'type job\n' 'see job runs' 'type \032' 'see stopped 18' \
	'type reboot 0\n' 'see restarts' 'end 0' cooked | person)"
check "a disk for swap space" 0 "$(printf '%s\n' 'see ready' \
	'type swap /dev/vtbd0\n' "see swap: /dev/vtbd0 won't be used" \
	'see on 0' 'see again -16' 'see null -15' 'see none -2' \
	'see devices 1' 'see off 0' 'see no longer -22' 'type reboot 0\n' \
	'end 0' | person)"
check "leaving" 0 "$(printf '%s\n' 'see ready' raw 'type echo \001\001x\n' \
	'see =' 'type \001x' 'see imp: left' 'end 0' cooked |
	person --snapshot)"
check "arguments for the kernel" 0 "$(printf '%s\n' \
	'see /sbin/init -s: ready' 'type kenv name\n' 'see =two words' \
	'type reboot 8\n' 'see halted' 'end 0' |
	person --readonly -a '-s name="two words"')"
check "a panic" 0 "$(printf '%s\n' 'see ready' 'type exit 3\n' 'see panic: ' \
	'end 125' cooked | person)"
check "through pipes" "The operating system has halted." \
	"$(printf 'reboot 8\n' | boot -c 1 | tr -d '\r' | tail -n 1)"
check "its status" 0 "$(printf 'reboot 0\n' | status boot -c 1)"
check "no init" 125 "$(status boot -a init_path=/none </dev/null)"
truncate -s 1m "$tmp/zeroes"
check "no root on the disk" 125 "$(status "$imp" boot "$tmp/zeroes" </dev/null)"
check "no disk given" 125 "$(status "$imp" boot)"
check "no such disk" 127 "$(status "$imp" boot "$tmp/none")"
check "a folder" 125 "$(status "$imp" boot "$tmp")"
check "both" 125 "$(status boot --readonly --snapshot)"
check "help" 0 "$(status "$imp" boot --help)"

mkfifo "$tmp/in"
"$imp" boot --qemu-arg -initrd --qemu-arg "$tmp/root.tar" "$disk" \
    <"$tmp/in" >"$tmp/out" &
pid=$!
exec 3>"$tmp/in"
while ! grep -q ready "$tmp/out"; do sleep 0.01; done
kill $pid
wait $pid
check "SIGTERM" 143 $?
exit $failed
