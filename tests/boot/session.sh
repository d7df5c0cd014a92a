#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# session.sh KERNEL INIT PTY: a machine with an init of its own, tests/boot/init.c,
# and somebody at its serial line, tests/imp/pty.c.
set -u

kernel=$1
init=$2
pty=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

mkdir -p "$tmp/root/sbin" "$tmp/root/dev" "$tmp/root/rescue"
cp "$init" "$tmp/root/sbin/init"
cp "$init" "$tmp/root/rescue/init"
tar -C "$tmp/root" --format=ustar -cf "$tmp/root.tar" .

# The pseudo-terminal puts a \r of its own before each \n.
# session NAME CPUS APPEND [QEMU-ARG...]: what is done comes from standard input
session() {
	name=$1 cpus=$2 append=$3
	shift 3
	if timeout -k 5 600 "$pty" qemu-system-x86_64 -M microvm,acpi=off \
	    -cpu max -m 64m -smp "$cpus" -nodefaults -no-user-config \
	    -no-reboot -display none -chardev stdio,id=line,signal=off \
	    -serial chardev:line -kernel "$kernel" \
	    -initrd "$tmp/root.tar" -append "$append" "$@" >"$tmp/out" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/    /' "$tmp/out"
		failed=1
	fi
}

for cpus in 1 2 4; do
	session "a session, $cpus CPUs" "$cpus" 'name="a value"' <<\END
see /sbin/init: ready
see > 
type echo hello\n
see =hello
type echo helpo\177\177lo\n
see =hello
type job\n
see job runs
type \003
see killed 2
type job\n
see job runs
type \032
see stopped 18
type password\n
see Password:
type secret\n
see =secret
type bulk 2000\n
see line 1999
see bulk done
type modem\n
see modem lines 359
see without DTR 357
type names\n
see cuau0 -16
see ttyu0 3
see lock 0
see locked 0
see init 0
see speed 115200
type speed 9600\n
see set 0
see speed 9600
type kenv name\n
see =a value
type kenv other\n
see kenv -2
type harm\n
see unharmed
type half\n
see half a line: \r\r\nsyscall 525 (rctl_get_racct)
see pid 1\r\r\nthe rest
type reboot 0\n
see The system restarts.
end 0
END
done

session "halt" 1 "" <<\END
see ready
type reboot 8\n
see The operating system has halted.
end 0
END
session "power off, unsynced" 2 "" <<\END
see ready
type reboot 16388\n
see The system powers off.
end 0
END
session "single user, another init" 1 \
    '-s init_path=/sbin/none:/rescue/init' <<\END
see /rescue/init -s: ready
type reboot 0\n
end 0
END
session "no init" 1 'init_path=/none:/dev' <<\END
see init: /dev can't be run
see There is nothing to run.
end 0
END
session "init ends" 1 "" <<\END
see ready
type exit 3\n
see panic: init died: status 3, signal 0
end 0
END
exit $failed
