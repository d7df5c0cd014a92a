#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# gdb.sh: GDB with tools/gdb/imp.py at a real machine, started by the line that
# `imp run --gdb` prints.
set -u

command -v gdb >/dev/null || {
	echo "there is no gdb"
	exit 77
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# session ARGUMENT...: `imp run --gdb`, and GDB with the commands of standard
# input; what GDB says goes to $tmp/out. Returns the status of imp.
session() {
	cat >"$tmp/commands"
	: >"$tmp/err"
	build/imp run --gdb -t 700 "$@" 2>"$tmp/err" &
	pid=$!
	while ! grep -q 'waiting for GDB' "$tmp/err"; do
		kill -0 $pid || return 1
		sleep 0.05
	done
	line=$(sed -n 's/.*waiting for GDB: //p' "$tmp/err" | head -n 1)
	sh -c "timeout 600 $line -nx -batch -x '$tmp/commands'" \
	    >"$tmp/out" 2>&1 </dev/null
	wait $pid
}

# said NAME PATTERN: GDB's output has a line like this.
said() {
	if grep -Eq -e "$2" "$tmp/out"; then
		echo "ok - $1"
	else
		echo "not ok - $1: no line like '$2' in:"
		sed 's/^/    /' "$tmp/out"
		failed=1
	fi
}

session -c 2 --verbose build/tests/prog/true a b <<'EOF'
set width 0
python
def refused(line):
    try:
        gdb.execute(line)
    except gdb.error as error:
        print("refused:", error)
refused("imp ps")
end
hbreak vfs_mount_root
continue
echo the root\n
bt 1
imp dmesg
delete
hbreak proc_link
continue
echo in proc_link\n
imp locks
delete
hbreak kern_exit
continue
echo in kern_exit\n
imp ps
imp threads
imp threads 1
imp bt 1
imp bt 2
imp vm 2
imp vm 1
imp locks
python refused("imp bt 77")
python refused("imp vm x")
delete
continue
EOF
status=$?
if [ $status != 0 ]; then
	echo "not ok - the program's status: $status"
	cat "$tmp/err"
	failed=1
fi
said "before the first instruction" "^refused: the kernel hasn.t come so far"
said "a breakpoint before the root is mounted" "^#0 +vfs_mount_root"
said "imp dmesg" "^\[ *[0-9]+ us\] processors"
said "imp locks" "^proctree_lock is held by thread"
said "imp locks: none" "^no lock is held"
said "imp ps" "^ +2 +1 +2 alive +1 +[0-9]+K true"
said "imp threads: one sleeps" "^ *[0-9]+ +1 sleeping +- +wait +init"
said "imp threads: one runs" "^ *[0-9]+ +2 running +[01] +- +true"
said "imp bt of one that sleeps" "^ +#[0-9]+ .* in kern_wait at sys/proc/wait.c"
said "imp bt of one that runs" "^#[0-9]+ .* in syscall_dispatch"
said "imp vm: the program" "r-x private /.*true\+0x"
said "imp vm: the stack" "rw- private stack"
said "imp vm: none" "^process 1 has no memory of its own"
said "no such process" "^refused: there is no process 77"
said "no number" "^refused: a process id is needed"

# A kernel that checks its locks knows them all by name.
if [ -f build/sys/TEST/kernel ]; then
	session --kernel build/sys/TEST/kernel build/tests/prog/true <<-'EOF'
		set width 0
		hbreak proc_link
		continue
		imp locks
		delete
		continue
	EOF
	said "imp locks with LOCKDEBUG" "holds proctree, taken in "
fi

# A machine that stands still in GDB is hung to who wants imp to end.
build/imp run --gdb build/tests/prog/true 2>"$tmp/err" &
pid=$!
while ! grep -q 'waiting for GDB' "$tmp/err"; do sleep 0.05; done
kill -TERM $pid
wait $pid
status=$?
if [ $status = 143 ]; then
	echo "ok - SIGTERM while it waits for GDB"
else
	echo "not ok - SIGTERM while it waits for GDB: status $status"
	failed=1
fi

exit $failed
