#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# relay.sh IMP FAKEVM PROGRAM: imp's own part, with a machine that is played.
# PROGRAM is any FreeBSD program; it isn't run. Prints a line for each test.
set -u

imp=$1
IMP_QEMU=$2
prog=$3
IMP_KERNEL=$2
export IMP_QEMU IMP_KERNEL
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
prog=$(realpath "$prog")
# shellcheck source=tests/check.sh
. tests/check.sh

status() {
	"$@" >/dev/null 2>&1
	echo $?
}

run() {
	"$imp" run "$prog" "$@"
}

# Statuses.
check "exit status" 7 "$(status run say 'exit 7')"
check "exit status has eight bits" 1 "$(status run say 'exit 257')"
check "killed by a signal" 137 "$(status run say 'signal 9')"
check "couldn't start" 126 "$(status run say 'fail 126 no such luck')"
check "couldn't start, in words" "imp: $prog: no such luck" \
	"$(run say 'fail 127 no such luck' 2>&1)"
check "nonsense from the guest" 125 "$(status "$imp" run -t 1 "$prog" panic)"
check "kernel's last words" "imp: the kernel failed, and said:
panic: on purpose" "$(run panic 2>&1)"
check "QEMU's last words" "imp: fakevm: out of luck" "$(run die 2>&1)"
check "no program" 127 "$(status "$imp" run "$tmp/none")"
check "a folder" 126 "$(status "$imp" run "$tmp")"
printf '#!/bin/sh\n' >"$tmp/script"
chmod +x "$tmp/script"
check "a script" 126 "$(status "$imp" run "$tmp/script")"
check "a Linux program" 126 "$(status "$imp" run "$imp")"
head -c 3000 "$prog" >"$tmp/short"
chmod +x "$tmp/short"
check "a truncated program" 126 "$(status "$imp" run "$tmp/short")"
cp "$prog" "$tmp/noexec"
chmod -x "$tmp/noexec"
check "no right to execute" 126 "$(status "$imp" run "$tmp/noexec")"
check "no QEMU" 125 "$(IMP_QEMU=none-such; export IMP_QEMU
	status run say 'exit 0')"
check "a kernel that is none" "imp: kernel $tmp/script: it is not an ELF file" \
	"$("$imp" run --kernel "$tmp/script" "$prog" 2>&1)"
check "no kernel" "imp: kernel $tmp/none: No such file or directory" \
	"$("$imp" run --kernel "$tmp/none" "$prog" 2>&1)"
check "bad option" 125 "$(status "$imp" run --no-such "$prog")"
check "bad option, in one line" "imp: unrecognized option '--no-such'" \
	"$("$imp" run --no-such "$prog" 2>&1)"
check "bad command, in one line" "imp: walk: no such command; try: imp help" \
	"$("$imp" walk 2>&1)"
check "bad command" 125 "$(status "$imp" walk)"
check "option without its argument" "imp: option requires an argument -- 'm'" \
	"$("$imp" run -m 2>&1)"
check "no program given" 125 "$(status "$imp" run)"
check "no command given" 125 "$(status "$imp")"
check "help for no such command" 125 "$(status "$imp" help walk)"
check "bad memory" 125 "$(status "$imp" run -m 12x "$prog")"
check "too little memory" 125 "$(status "$imp" run -m 1m "$prog")"

# Help: on standard output, and the same for each way to ask.
for ask in --help -h help 'run --help' 'run -h' 'help run' 'help help' \
	version --version; do
	# shellcheck disable=SC2086 # words
	"$imp" $ask >"$tmp/out" 2>"$tmp/err"
	check "status of imp $ask" 0 $?
	check "imp $ask says it on standard output" "yes" \
		"$([ -s "$tmp/out" ] && [ ! -s "$tmp/err" ] && echo yes)"
done
check "imp help run is imp run --help" "$("$imp" run --help)" \
	"$("$imp" help run)"
# Every option of the help is in the manual page, and the other way round.
check "help and manual page agree" \
	"$(for c in run boot image fsck; do "$imp" help $c; done | grep -o -- '--[a-z-]*' | sort -u)" \
	"$(grep -o 'Fl -[a-z-]*' "${0%/*}/../../cmd/imp/imp.1" |
		sed 's/Fl /-/' | sort -u)"
check "help to a full disk" 125 \
	"$("$imp" help >/dev/full 2>"$tmp/err"; echo $?)"

# The archive: any tar must be able to read it.
d=$(printf 'd%.0s' $(seq 120))
e=$(printf 'e%.0s' $(seq 200))
mkdir -p "$tmp/tree/$d/$e"
echo long >"$tmp/tree/$d/$e/$e"
echo set >"$tmp/tree/uid"
chmod 4711 "$tmp/tree/uid"
ln -s "$d/$e/$e" "$tmp/tree/link"
mkfifo "$tmp/tree/fifo"
"$imp" run -v "$tmp/tree:/t" -v "$prog:/opt/deep/prog" -w /work \
	"$prog" archive >"$tmp/archive"
mkdir "$tmp/out.d"
check "archive is whole" 0 "$(status tar -C "$tmp/out.d" -xpf "$tmp/archive")"
check "archive begins with what to run" imp.run \
	"$(tar -tf "$tmp/archive" | head -n 1)"
check "long names and links" long "$(cat "$tmp/out.d/t/link")"
check "modes" 4711 "$(stat -c %a "$tmp/out.d/t/uid")"
check "a named pipe" fifo "$(stat -c %F "$tmp/out.d/t/fifo")"
check "a single file" 0 "$(status cmp "$prog" "$tmp/out.d/opt/deep/prog")"
check "working folder" "directory" "$(stat -c %F "$tmp/out.d/work")"
# Both copies of the program begin on a page, so their magic does.
check "page alignment" "$(printf '0\n0')" \
	"$(grep -abo "$(printf '\177')ELF" "$tmp/archive" | cut -d: -f1 |
		while read -r at; do echo $((at % 4096)); done | sort -n |
		head -n 2)"

# Time.
check "time limit" 124 "$(status "$imp" run -t 0.2 "$prog" sleep)"
check "time limit is told" "signal 15" \
	"$("$imp" run -t 1 "$prog" hear | tail -n 1)"

# Streams.
check "output and error are apart" "out" "$(run both 2>/dev/null)"
check "error" "err" "$(run both 2>&1 >/dev/null)"
check "input to output" "a b" "$(printf 'a b' | run cat)"
check "no input" "" "$(run cat </dev/null)"
# shellcheck disable=SC2002
check "input from a file" "$(cksum <"$prog")" "$(run cat <"$prog" |
	cksum)"
check "a gigabyte whole" 1000000000 "$(run pattern 1000000000 | wc -c)"
check "200 MB in and out" "$(head -c 200000000 /dev/zero | cksum)" \
	"$(head -c 200000000 /dev/zero | run cat | cksum)"
check "reader goes away" "closed 1" "$(run yes 2>&1 >/dev/full | head -n 1)"
check "pipe's reader goes away" "closed 1" \
	"$({ run yes | head -n 1 >/dev/null; } 2>&1)"
check "guest closes its output" "x" \
	"$("$imp" run -t 1 "$prog" eof | { cat; touch "$tmp/eof"; })"
check "input isn't taken unasked" "whole" \
	"$(echo whole | { run say 'exit 0'; cat; })"
{ yes; echo $? >"$tmp/yes"; } | "$imp" run -t 1 "$prog" closed
check "a writer to closed input gets SIGPIPE" 141 "$(cat "$tmp/yes")"

# A slow reader gets everything, and doesn't block standard error.
check "slow reader" 300000 "$(run pattern 300000 | { sleep 0.3; wc -c; })"

# Signals.
pass_on() {
	: >"$tmp/out"
	"$imp" run "$prog" hear >"$tmp/out" &
	pid=$!
	while ! grep -q ready "$tmp/out"; do sleep 0.01; done
	kill "-$1" $pid
	wait $pid
	tail -n 1 "$tmp/out"
}
check "SIGTERM is passed on" "signal 15" "$(pass_on TERM)"
check "SIGHUP is passed on" "signal 1" "$(pass_on HUP)"
check "SIGUSR1 has FreeBSD's number" "signal 30" "$(pass_on USR1)"

# A machine that is hung is ended; one that takes signals goes on.
# deaf SIGNAL...: prints imp's message and status.
deaf() {
	: >"$tmp/out"
	# A job in the background ignores SIGINT, and so would imp.
	env --default-signal=INT "$imp" run -t 200 "$prog" deaf \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	while ! grep -q ready "$tmp/out"; do sleep 0.01; done
	for signal in "$@"; do
		kill "-$signal" $pid
		sleep 0.4
	done
	wait $pid
	echo "$(cat "$tmp/err") $?"
}
check "SIGTERM ends a hung machine" "imp: $prog: ended by signal 15: \
the machine doesn't answer 143" "$(deaf TERM)"
check "SIGINT ends a hung machine" "imp: $prog: ended by signal 2: \
the machine doesn't answer 130" "$(deaf INT)"
check "SIGHUP, twice, at once" "imp: $prog: ended by signal 1: it came \
twice, and the machine doesn't answer 129" "$(deaf HUP HUP)"
: >"$tmp/out"
"$imp" run -t 200 "$prog" take 3 >"$tmp/out" 2>"$tmp/err" &
pid=$!
while ! grep -q ready "$tmp/out"; do sleep 0.01; done
for n in 1 2 3; do
	kill -TERM $pid
	while ! [ "$(grep -c 'signal 15' "$tmp/out")" = $n ]; do
		sleep 0.01
	done
done
wait $pid
check "signals that are taken end nothing" 0 $?
check "and without a word" "" "$(cat "$tmp/err")"
# A guest that listens late hears all; more than its socket holds.
mkfifo "$tmp/late"
: >"$tmp/out"
"$imp" run -t 200 "$prog" late <"$tmp/late" >"$tmp/out" &
pid=$!
exec 3>"$tmp/late"
while ! grep -q ready "$tmp/out"; do sleep 0.01; done
n=0
while [ $n -lt 3000 ]; do
	kill -USR1 $pid
	n=$((n + 1))
done
kill -USR2 $pid
sleep 0.2 # the signal comes first, or there would be nothing to wait for
echo >&3
wait $pid
check "a guest that listens late" heard "$(tail -n 1 "$tmp/out")"
exec 3>&-
# The program has ended, and its output's reader reads no more.
mkfifo "$tmp/fifo"
# shellcheck disable=SC2217 # it holds the pipe open
sleep 20 <"$tmp/fifo" &
sleeper=$!
"$imp" run -t 200 "$prog" pattern 1000000 >"$tmp/fifo" 2>"$tmp/err" &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid
check "SIGTERM ends a wait for the reader" 143 $?
kill $sleeper

# Nothing is left when imp is killed.
"$imp" run "$prog" sleep 2>"$tmp/err" &
pid=$!
while ! grep -q sleeping "$tmp/err"; do sleep 0.01; done
child=$(cat "/proc/$pid/task/$pid/children")
child=${child% }
kill -KILL $pid
wait $pid 2>/dev/null
# It hears of its parent's death at once, but may have to wait for its turn.
tries=0
while grep -qs 'State:.[^Z]' "/proc/$child/status" && [ $tries -lt 500 ]; do
	sleep 0.01
	tries=$((tries + 1))
done
check "killed imp takes the machine along" gone \
	"$(grep -qs 'State:.[^Z]' "/proc/$child/status" && echo there ||
		echo gone)"

exit $failed
