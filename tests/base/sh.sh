#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sh.sh IMP ROOT: the shell and the common tools of the base system, run one
# script at a time in a machine of its own.
# shellcheck disable=SC2016 # the scripts are for the other shell
set -u

imp=$1
root=$2
failed=0

# check EXPECTED-OUTPUT EXPECTED-STATUS SCRIPT
check() {
	got=$("$imp" run -t 200 -v "$root/bin:/bin" "$root/bin/sh" -c "$3" 2>&1)
	status=$?
	if [ "$got" != "$1" ] || [ $status != "$2" ]; then
		printf 'script: %s\nexpected (%s): %s\ngot (%s): %s\n' \
		    "$3" "$2" "$1" "$status" "$got"
		failed=1
	fi
}

check 'hello 12' 3 'PATH=/bin; echo "hello $((3 * 4))"; exit 3'
check '3' 0 'PATH=/bin; printf "a\nb\nc\n" | cat | wc -l | tr -d " "'
check 'b
c' 0 'PATH=/bin; cat <<X | sort | uniq | tail -n 2
c
b
a
b
X'
check '/tmp/x1 /tmp/x2
x1
x2' 0 'PATH=/bin; cd /tmp && touch x1 x2 && echo /tmp/x* && ls'
check 'one
status 143' 0 'PATH=/bin; exec 2>/dev/null; (echo one; sleep 20) & p=$!; sleep 1; kill $p; wait $p; echo status $?'
check 'caught' 127 'PATH=/bin; exec 2>/dev/null; trap "echo caught" EXIT; nothing'
check 'in a function: 2
caught' 0 'PATH=/bin; f() { echo "in a function: $#"; }; f a b; trap "echo caught" EXIT'
check 'x=5
10 lines' 0 'PATH=/bin; x=5 env | grep ^x=; n=$(seq 10 | grep -c .); echo "$n lines"'
check 'HeLLo' 0 'PATH=/bin; echo hello | sed -e s/l/L/g -e s/h/H/'
check 'd/e/f
moved' 1 'PATH=/bin; cd /tmp; mkdir -p d/e; echo moved >f; mv f d/e/; find d -type f; cat d/e/f; rm -r d; ls d 2>/dev/null'
check '7d793037a0760186574b0282f2f435e7' 0 'PATH=/bin; printf world | md5sum | cut -d " " -f 1'
check '11
world' 0 'PATH=/bin; cd /tmp; printf "hello world" | dd of=w bs=1 2>/dev/null; stat -c %s w; dd if=w bs=1 skip=6 2>/dev/null; echo'

[ $failed = 0 ] && echo "sh: ok"
exit $failed
