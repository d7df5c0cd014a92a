#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsck.sh: file systems made by makefs(8) pass imp fsck, and every damage that
# build/tests/host/damage knows is found, told of by its class, and repaired;
# what was left alone is as it was.
set -eu

imp=build/imp
damage=build/tests/host/damage
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
image=$tmp/image
failed=0

mkdir -p "$tmp/root/sub/deep" "$tmp/root/many" "$tmp/root/empty"
echo hello >"$tmp/root/sub/deep/f"
head -c 3000000 /dev/urandom >"$tmp/root/big"
head -c 4194304 /dev/urandom >"$tmp/root/.sujournal"
head -c 30000 /dev/urandom >"$tmp/root/other"
head -c 100000 /dev/urandom >"$tmp/root/rest"
ln "$tmp/root/rest" "$tmp/root/hard"
ln -s "$(printf 'x%.0s' $(seq 1 300))" "$tmp/root/long"
ln -s sub "$tmp/root/short"
mkfifo "$tmp/root/fifo"
: >"$tmp/root/empty-file"
truncate -s 5m "$tmp/root/sparse"
echo end >>"$tmp/root/sparse"
i=0
while [ $i -lt 1200 ]; do
	: >"$tmp/root/many/a-name-of-some-length-$i"
	i=$((i + 1))
done

fail() {
	failed=1
	echo "$1"
	[ ! -f "$tmp/out" ] || head -n 20 "$tmp/out"
}

# fsck STATUS OPTION...: what it prints is in $tmp/out.
fsck() {
	expected=$1
	shift
	status=0
	$imp fsck "$@" "$image" >"$tmp/out" 2>&1 </dev/null || status=$?
	[ "$status" = "$expected" ] ||
		fail "$name: fsck $*: status $status, not $expected"
}

# The files of the root but $1 have their contents, if it isn't all.
contents() {
	[ "$1" != all ] || return 0
	for file in big other sub/deep/f rest sparse .sujournal; do
		[ "$file" != "$1" ] || continue
		$imp image cat "$image" "$file" 2>/dev/null |
			cmp -s - "$tmp/root/$file" ||
			fail "$name: $file isn't what it was"
	done
}

# journal_is STATE, for FreeBSD.
journal_is() {
	state=$(build/tests/host/journal "$image")
	[ "$state" = "$1" ] || fail "$name: the journal is $state, not $1"
}

# A damage, on a copy of $tmp/good.
try() {
	name=$1 class=$2 repair=$3 spoils=$4
	cp "$tmp/good" "$image"
	$damage "$image" "$name"
	if [ "$class" = none ]; then
		fsck 0 -n
		contents -
		return
	fi
	[ "$name" != journal ] || journal_is replay
	cp "$image" "$tmp/damaged"
	fsck $((class_damage + 1)) -n
	grep -q "^$class: " "$tmp/out" || fail "$name: nothing of $class"
	cmp -s "$image" "$tmp/damaged" || fail "$name: -n changed something"
	if [ "$repair" = p ]; then
		fsck 0 -p -f
	else
		fsck 8 -p -f
		cmp -s "$image" "$tmp/damaged" || fail "$name: -p changed it"
		fsck 0 -y
	fi
	grep -q '^result: repaired' "$tmp/out" || fail "$name: not repaired"
	fsck 0 -n
	contents "$spoils"
	case $name in
	journal | journal-torn-hash) journal_is over ;;
	*) journal_is none ;;
	esac
}

try_all() {
	$damage list >"$tmp/list"
	while read -r name class repair spoils; do
		case $name in *-hash) [ "$1" = hashes ] || continue ;; esac
		class_damage=0
		[ "$class" != damage ] || class_damage=1
		try "$name" "$class" "$repair" "$spoils"
	done <"$tmp/list"
}

for sizes in 4096/512 4096/1024 4096/2048 4096/4096 8192/1024 8192/8192 \
    16384/2048 32768/4096 32768/16384 65536/8192 65536/65536; do
	for version in 1 2; do
		name="clean $sizes $version"
		makefs -t ffs -s 60m -o "version=$version,bsize=${sizes%/*}" \
		    -o "fsize=${sizes#*/}" -o density=8192 "$image" \
		    "$tmp/root" >/dev/null
		fsck 0 -n
		grep -q '^result: clean, 1215 inodes (5 directories)' \
		    "$tmp/out" || fail "$name: not all is counted"
	done
done

for sizes in 4096/512 32768/4096; do
	makefs -t ffs -s 20m -o "version=2,bsize=${sizes%/*}" \
	    -o "fsize=${sizes#*/},density=8192,maxbpcg=200" "$tmp/good" \
	    "$tmp/root" >/dev/null
	try_all plain
	$damage "$tmp/good" hashes
	try_all hashes
done

# More without a name than a few blocks of lost+found hold; and none that has
# room for it.
rm -rf "$tmp/root/sub"
mkdir "$tmp/root/sub"
i=0
while [ $i -lt 4000 ]; do
	echo $i >"$tmp/root/sub/$i"
	i=$((i + 1))
done
name=many
makefs -t ffs -s 40m -o version=2,bsize=4096,fsize=512,density=4096 \
    "$image" "$tmp/root" >/dev/null
$damage "$image" directory-gone
fsck 2 -n
fsck 0 -y
fsck 0 -n
for file in $($imp image ls "$image" lost+found | sed 's/.* //'); do
	echo "lost+found/$file"
done >"$tmp/list"
# shellcheck disable=SC2046 # names without blanks
$imp image cat "$image" $(cat "$tmp/list") | sort -n >"$tmp/out"
seq 0 3999 | cmp - "$tmp/out" || fail "many: not all came back"
name=full
mkdir "$tmp/full"
cp "$tmp/root/other" "$tmp/full"
makefs -t ffs -s 72k \
    -o version=2,bsize=4096,fsize=4096,density=262144,minfree=0 "$image" \
    "$tmp/full" >/dev/null
fsck 0 -n
grep -q '18 of 18 fragments' "$tmp/out" || fail "full: it isn't"
$damage "$image" file-forgotten
fsck 1 -n
fsck 125 -y
grep -q 'not all could be repaired' "$tmp/out" || fail "full: not said"
fsck 1 -n
grep -q '^unreferenced: .*a file of 30000 bytes' "$tmp/out" ||
	fail "full: the file is gone"

# Where soft updates promise it, what has no name is freed.
$damage "$tmp/good" softupdates
cp "$tmp/good" "$image"
$damage "$image" file-forgotten
$damage "$image" directory-forgotten
fsck 1 -n
fsck 0 -p -f
fsck 0 -n
if $imp image ls "$image" lost+found >/dev/null 2>&1; then
	fail "soft updates: something is in lost+found"
fi
# Marked clean, it isn't looked at.
cp "$tmp/good" "$image"
$damage "$image" totals
fsck 0 -p
grep -q 'by its mark' "$tmp/out" || fail "clean: not skipped"
exit "$failed"
