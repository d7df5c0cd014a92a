#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh IMP STREAMS IDS PTY: `imp run` as its user sees it, with the real
# kernel; STREAMS is tests/prog/streams.c, IDS is tests/prog/ids.c, PTY is
# tests/imp/pty.c.
set -u

imp=$1
prog=$2
ids=$3
pty=$4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

run() {
	"$imp" run -t 200 "$prog" "$@"
}

status() {
	"$@" >/dev/null 2>&1
	echo $?
}

# Statuses.
check "exit status" 7 "$(status run exit 7)"
check "killed by SIGKILL" 137 "$(status run kill 9)"
check "killed by SIGSEGV" 139 "$(status run kill 11)"
check "killed by FreeBSD's SIGUSR1" 158 "$(status run kill 30)"
check "killed, in words" "imp: $prog: Segmentation fault" \
	"$(run kill 11 2>&1)"
check "killed, without words" "imp: $prog: ended by signal 65" \
	"$(run kill 65 2>&1)"
check "interrupted: nothing to say" "" "$(run kill 2 2>&1)"
check "time limit" 124 "$(status "$imp" run -t 0.5 "$prog" sleep)"
check "working folder is a file" 125 \
	"$(status "$imp" run -v "$prog:/file" -w /file "$prog" exit 0)"
check "8 MB are enough" 3 "$(status "$imp" run -m 8m "$prog" exit 3)"
check "16 CPUs" 3 "$(status "$imp" run -c 16 "$prog" exit 3)"
check "virtio 1.0" out "$("$imp" run --qemu-arg -global \
	--qemu-arg virtio-mmio.force-legacy=false "$prog" both 2>/dev/null)"

# Users.
check "a number" 0 "$(status "$imp" run -u 1234 "$ids" are 1234)"
check "a name" 0 "$(status "$imp" run -u nobody "$ids" are 65534)"
check "root by name" 0 "$(status "$imp" run -u root "$ids" are 0)"
printf 'joe:*:77:77:Joe:/home/joe:/bin/sh\n' >"$tmp/passwd"
check "a name of one's own" 0 \
	"$(status "$imp" run -v "$tmp/passwd:/etc/passwd" -u joe "$ids" are 77)"
mkdir "$tmp/etc"
mv "$tmp/passwd" "$tmp/etc"
check "in a folder" 0 \
	"$(status "$imp" run -v "$tmp/etc:/etc" -u 77 "$ids" are 77)"
check "no such user" \
	"imp: -u jim: no such user in the machine's /etc/passwd" \
	"$("$imp" run -v "$tmp/etc:/etc" -u jim "$ids" are 0 2>&1)"
check "no number that an id can be" 125 \
	"$(status "$imp" run -u 4294967295 "$ids" are 0)"

# What the kernel has to say.
check "a call that isn't there is told of once" 1 \
	"$("$imp" run --verbose "$prog" missing 2>&1 |
		grep -c 'syscall 525 (rctl_get_racct) is not implemented')"

# Streams.
check "output" out "$(run both 2>/dev/null)"
check "error" err "$(run both 2>&1 >/dev/null)"
check "input" "a b" "$(printf 'a b' | run cat)"
check "no input" "" "$(run cat </dev/null)"
check "unread input stays" whole "$(echo whole | { run exit 0; cat; })"
check "a gigabyte whole" 1000000000 "$(run pattern 1000000000 | wc -c)"
check "100 MB in and out" "$(head -c 100000000 /dev/zero | cksum)" \
	"$(head -c 100000000 /dev/zero | run cat | cksum)"
check "slow reader" 3000000 "$(run pattern 3000000 | { sleep 0.5; wc -c; })"
# The program ends by itself when nobody reads; else by the limit.
{ run yes; echo $? >"$tmp/yes"; } | head -n 1 >/dev/null
check "reader goes away" 0 "$(cat "$tmp/yes")"
check "what is left behind writes on" 7 "$({
	run leave 7
	echo $? >"$tmp/leave"
} | while sleep 0.01; [ ! -s "$tmp/leave" ]; do
	head -c 50000 >"$tmp/part"
done; cat "$tmp/leave")"
# The reader sees the end while the program lives on.
mkfifo "$tmp/words"
"$imp" run -t 200 "$prog" close >"$tmp/words" &
pid=$!
check "guest closes its output" "last words" "$(cat "$tmp/words")"
kill -TERM $pid
wait $pid
check "and goes on" 143 $?

# Signals.
pass_on() {
	: >"$tmp/out"
	"$imp" run -t 200 "$prog" signal >"$tmp/out" &
	pid=$!
	while ! grep -q ready "$tmp/out"; do sleep 0.01; done
	kill "-$1" $pid
	wait $pid
	tail -n 1 "$tmp/out"
}
check "SIGTERM" "signal 15" "$(pass_on TERM)"
check "SIGHUP" "signal 1" "$(pass_on HUP)"
check "SIGUSR1 by FreeBSD's number" "signal 30" "$(pass_on USR1)"

# A program that goes on after signals isn't ended by imp.
: >"$tmp/out"
"$imp" run -t 60 "$prog" stubborn 3 >"$tmp/out" 2>"$tmp/err" &
pid=$!
while ! grep -q ready "$tmp/out"; do sleep 0.01; done
for n in 1 2 3; do
	kill -TERM $pid
	while ! [ "$(grep -c 'signal 15' "$tmp/out")" = $n ]; do
		sleep 0.01
	done
done
wait $pid
check "signals that the program handles" 0 $?
check "signals that the program handles: no message" "" "$(cat "$tmp/err")"
# A machine whose processors stand still, and a QEMU that does.
"$imp" run -t 200 --qemu-arg -S "$prog" exit 0 2>"$tmp/err" &
pid=$!
sleep 0.5
kill -TERM $pid
wait $pid
check "SIGTERM ends a hung kernel" 143 $?
check "and says so" "imp: $prog: ended by signal 15: the machine doesn't \
answer" "$(cat "$tmp/err")"
: >"$tmp/out"
env --default-signal=INT "$imp" run -t 200 "$prog" signal \
	>"$tmp/out" 2>"$tmp/err" &
pid=$!
while ! grep -q ready "$tmp/out"; do sleep 0.01; done
kill -STOP "$(tr -d ' ' <"/proc/$pid/task/$pid/children")"
kill -INT $pid
wait $pid
check "SIGINT ends a hung QEMU" 130 $?

# Tracing.
"$imp" run --trace-file "$tmp/trace" "$prog" exit 5
check "traced program's status" 5 $?
check "trace" "exit(0x5)
process exit, rval = 5" "$(grep exit "$tmp/trace")"
check "trace of files" 'open("/tmp/a",O_RDWR|O_CREAT|O_EXCL,0600)
lseek(3,0x12a05f200,SEEK_SET)
mmap(0x0,8192,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANON,-1,0x0)
munmap(0x0,8192)
fcntl(3,F_GETFD,0)
openat(AT_FDCWD,"/none",O_RDONLY,00)
__getcwd("/",20)
sigprocmask(SIG_BLOCK,0x0,0x0)
getpid()
kill(2,SIGUSR1)
SIGNAL 30 (SIGUSR1)
exit(0x0)
process exit, rval = 0' "$("$imp" run --trace-file /dev/stdout "$prog" calls |
	sed '/^sigaction/d; /^sigreturn/d; s/)[ 	].*/)/')"
check "trace of a death" "process killed, signal = 30" \
	"$("$imp" run --trace-file /dev/stdout "$prog" kill 30 | tail -n 1)"
check "trace goes to standard error" 1 \
	"$("$imp" run --trace "$prog" both 2>&1 >/dev/null |
		grep -c '^write(1,"out')"

# A terminal.
person() {
	"$pty" "$imp" run -t 60 "$prog" "$@" 2>&1
	echo $?
}
check "terminal: output" 0 "$(printf 'see out\nsee err\nend 0\ncooked\n' |
	person both)"
check "terminal: ^C" 0 "$(printf '%s\n' 'see ready' raw 'type \003' \
	'see signal 2' 'end 0' cooked | person signal)"
check "terminal: ^C kills" 0 "$(printf '%s\n' raw 'type \003' 'end 130' \
	cooked | person sleep)"
check "terminal: window size" 0 "$(printf '%s\n' 'see ready' \
	'size 33 77' 'see signal 28 33x77' 'end 0' | person signal)"
check "terminal: lines are edited" 0 "$(printf '%s\n' raw \
	'type helpo\177\177lo\n' 'see hello' 'type \004' 'end 0' cooked |
	person cat)"

exit $failed
