#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tools.sh IMP ROOT: what the base system's own programs say, in a machine with
# two disks: a script takes the place of /etc/rc.local, and says what is wrong.
set -eu

imp=$1
root=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cp -a "$root" "$tmp/root"
cat >"$tmp/root/etc/rc.local" <<'END'
# check WANTED COMMAND...: all that it prints, and its status if that isn't 0.
check() {
	wanted=$1
	shift
	got=$("$@" 2>&1) || got="$got ($?)"
	[ "$got" = "$wanted" ] || echo "not ok: $*: '$got', not '$wanted'"
}

# like PATTERN COMMAND...: a line of its output.
like() {
	pattern=$1
	shift
	"$@" >/tmp/out 2>&1 || :
	grep -q -e "$pattern" /tmp/out ||
	    echo "not ok: $*: no '$pattern' in: $(cat /tmp/out)"
}

check "kern.ostype: FreeBSD" sysctl kern.ostype
check "FreeBSD" sysctl -n kern.ostype
check "kern.ostype=FreeBSD" sysctl -e kern.ostype
check "kern.ostype" sysctl -N kern.ostype
check "kern.hostname: imp -> other" sysctl kern.hostname=other
check "other" hostname
check "" sysctl -q kern.hostname=imp
check "sysctl: unknown oid 'kern.nothing' (1)" sysctl kern.nothing
check "" sysctl -i kern.nothing
check "sysctl: kern.maxfiles: 'many' is not a number (1)" sysctl kern.maxfiles=many
check "sysctl: kern.ostype: Operation not permitted (1)" sysctl kern.ostype=x
like '^hw.physmem: [0-9,]*,[0-9]*$' sysctl -h hw.physmem
like '^vm.loadavg: { [0-9.]* [0-9.]* [0-9.]* }$' sysctl vm
like '^kern.boottime: { sec = [0-9]*, usec = [0-9]* } ' sysctl -a
like '^machdep' sysctl -a
like '^usage' sysctl

check "a b" kenv test.name
like '^test.name="a b"$' kenv
check 'test.name="a b"' kenv -v test.name
check "" kenv test.other=1
check "1" kenv test.other
check "" kenv -u test.other
check "kenv: test.other: No such file or directory (1)" kenv test.other
like "^test.name$" kenv -N

mkdir /m /n
check "" mount -t tmpfs -o size=1m,noexec tmpfs /m
like '^tmpfs on /m (tmpfs, noexec, local)$' mount
cp /bin/sh /m 2>/dev/null
check "not a shell: /m/sh: Permission denied (126)" sh -c '/m/sh 2>/dev/null; s=$?; echo "not a shell: /m/sh: Permission denied"; exit $s'
check "" mount -ur /m
like '^tmpfs on /m (tmpfs, read-only, noexec, local)$' mount
like 'Read-only file system' touch /m/x
check "" mount -u -o rw,noatime /m
like '^tmpfs	/m	tmpfs	rw,noexec,noatime	0 0$' mount -p
check "" mount -t nullfs /m /n
check "" test -f /n/sh
check "tmpfs on / (tmpfs)" sh -c 'mount -v -t tmpfs tmpfs /n | sed s,/n,/,'
cat >/tmp/tree.sh <<'S'
mkdir /m/a && ln -s hard /m/a/link && ln /m/sh /m/a/hard && : >"/m/a/$(printf %0150d 1)" &&
    tar cf /tmp/a.tar -C /m a && mkdir /tmp/b && tar xf /tmp/a.tar -C /tmp/b &&
    diff -r /m/a /tmp/b/a && readlink /tmp/b/a/link && rm -r /m/a /tmp/b /tmp/a.tar
S
check "hard" sh /tmp/tree.sh
check "umount: unmount of /m failed: Device busy (1)" sh -c 'cd /m && umount /m'
check "" umount /n
check "" umount /n
check "tmpfs: unmount from /m" umount -v /m
check "umount: /m: not a file system root directory (1)" umount /m
check "mount: none: Invalid fstype: nofs (1)" mount -t nofs none /m
check "mount: tmpfs: mount option <nothing> is unknown (1)" mount -t tmpfs -o nothing tmpfs /m
check "mount: /m: it isn't in /etc/fstab (1)" mount /m
check "mount: /m: it isn't mounted (1)" mount -u /m
like '^usage' umount
cat >>/etc/fstab <<F
tmpfs	/m	tmpfs	rw,noauto	0	0
/none	/n	ufs	rw,failok	0	0
/dev/vtbd1	none	swap	sw	0	0
F
check "mount: /none: there is no disk /none" mount -a
check "" mount /m
check "" umount -a -t notmpfs
like '^tmpfs on /m ' mount
check "" umount /m

check "swapon: adding /dev/vtbd1 as swap device" swapon -a
check "swapon: /dev/vtbd1: Device busy (1)" swapon /dev/vtbd1
check "" swapoff -q /dev/vtbd1
like 'No such file' swapon /dev/none

like "won't be used" dmesg
check "" sh -c 'dmesg -c >/dev/null; dmesg'
sh -c 'kill -SEGV $$' 2>/dev/null
sh -c 'kill -TERM $$' 2>/dev/null
like '^pid [0-9]* (sh), jid 0, uid 0: exited on signal 11$' dmesg
check 1 sh -c 'dmesg | grep -c exited'
check "" sh -c 'dmesg -c >/dev/null; sysctl -q kern.logsigexit=0'
sh -c 'kill -SEGV $$' 2>/dev/null
check "" dmesg

check "1" sh -c 'ps -axo pid= -p 1 | tr -d " "'
check "s /sbin/init" sh -c 'ps -o stat= -o command= -p 1 | sed "s/^[IRS]//"'
check "UID
0" sh -c 'ps -o uid -p 1 | tr -d " "'
like '^root  *1 .*/sbin/init$' ps aux
like '^ *0 *1 *0 .* Ss' ps -axl
like ' PGID ' ps -axj
check "ps: nothing: keyword not found (1)" ps -o nothing
check " (1)" ps -o pid= -p 99999

check "yes" sh -c 's=$(stty -g </dev/console); stty -echo raw </dev/console; stty "$s" </dev/console; [ "$(stty -g </dev/console)" = "$s" ] && echo yes'
like '^intr = \^C' sh -c 'stty -a </dev/console | tr ";" "\n" | sed "s/^ //"'
check "stty: standard input: Inappropriate ioctl for device (1)" sh -c 'stty </dev/null'
check "stty: illegal option -- nonsense (1)" sh -c 'stty nonsense </dev/console'

like "isn't now" shutdown soon
like '^usage' shutdown -p
check "" sh -c 'shutdown -k now >/dev/null'
like '^Shutdown at ' shutdown +10 maintenance
check "shutdown" sh -c 'ps -axo comm | grep shutdown'
check "" sh -c 'kill $(ps -ax -o pid= -o comm= | grep shutdown | sed "s/shutdown//")'
like '^usage' init 7
check "This account is currently not available. (1)" nologin
like 'no page for nothing' man nothing
df / | grep -q ' /$' || echo "not ok: df"
echo "all checked"
reboot -q
END
"$imp" image create -o "$tmp/disk.raw" -s 64m "$tmp/root"
truncate -s 1m "$tmp/second.raw"
timeout -k 5 600 "$imp" boot -m 128m -c 2 -a 'test.name="a b"' "$tmp/disk.raw" \
    "$tmp/second.raw" </dev/null >"$tmp/out" 2>&1 || echo "imp boot: $?"
if grep -q '^not ok' "$tmp/out" || ! grep -q '^all checked' "$tmp/out"; then
	cat "$tmp/out"
	exit 1
fi
echo "tools: ok"
