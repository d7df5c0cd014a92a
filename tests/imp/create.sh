#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# imp image create: sfdisk(8) finds nothing wrong with the table, what comes out of the disk is what went in, and a failure leaves nothing.
set -eu

imp=$PWD/build/imp
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

mkdir -p 'root/sub/a b' root/bin root/etc
echo hello >'root/sub/a b/x*y#[z]\q'
ln -s '../sub/a b' root/bin/link
echo set >root/bin/login
chmod 4555 root/bin/login
mkdir -m 1777 root/tmp
mkfifo root/bin/fifo
head -c 3000000 /dev/urandom >root/big
truncate -s 20m root/sparse
echo end >>root/sparse
ln root/big root/big2

fail() {
	echo "$1"
	exit 1
}

# refused STATUS TEXT ARGUMENT...: one line that says so.
refused() {
	wanted=$1 text=$2
	shift 2
	status=0
	"$imp" image "$@" >out 2>&1 || status=$?
	if [ $status != "$wanted" ] || ! grep -qF -- "$text" out ||
	    [ "$(wc -l <out)" != 1 ]; then
		cat out
		fail "image $*: status $status, not $wanted with '$text'"
	fi
}

"$imp" image create -o disk.raw root
[ "$(echo disk*)" = disk.raw ] || fail "something is left"
sfdisk --verify disk.raw | grep -q 'No errors detected' || fail "the table"
sfdisk -d disk.raw | grep -q 'start= *2048,.*type=516E7CB6-6ECF-11D6-8FF8-00022D09712B,.*name="rootfs"' ||
    fail "the partition"
# Holes stay holes.
[ "$(du -k disk.raw | cut -f 1)" -lt 6000 ] || fail "the disk isn't sparse"

for part in '' :4 :p4 :rootfs; do
	rm -rf copy
	"$imp" image cp "disk.raw$part" / copy 2>out
	grep -q 'bin/fifo: only files' out || fail "the fifo"
	rm root/bin/fifo
	diff -r --no-dereference root copy
	mkfifo root/bin/fifo
done
[ "$("$imp" image cat disk.raw:4 'sub/a b/x*y#[z]\q')" = hello ] || fail cat
"$imp" image ls disk.raw >list
grep -q '^drwxrwxrwt .* 0 .* 0 .* tmp$' list || fail "mode of /tmp"
"$imp" image ls disk.raw bin >list
grep -q '^-r-sr-xr-x  *1  *0  *0 .* login$' list || fail "set-uid"
grep -q '^prw.* fifo$' list || fail "no fifo"
[ "$(stat -c %a copy/bin/login)" = 555 ] || fail "a set-uid copy"
mkdir into
"$imp" image cp disk.raw big bin/link into
cmp into/big root/big
[ "$(readlink into/link)" = '../sub/a b' ] || fail "the link"
"$imp" image fsck -n disk.raw >out || fail "fsck: $(cat out)"

# The first table is lost: the backup serves.
dd if=/dev/zero of=disk.raw bs=512 seek=1 count=1 conv=notrunc 2>out
[ "$("$imp" image cat disk.raw:rootfs bin/login 2>out)" = set ] || fail backup

# Slices of an MBR: the second has the file system, and so is the default.
truncate -s 40m mbr.raw
printf '%s\n' 'label: dos' 'start=2048, size=2M, type=83' \
    'start=8192, size=32M, type=a5' | sfdisk -q mbr.raw
makefs -t ffs -s 32m -o version=2 fs root >out
dd if=fs of=mbr.raw bs=512 seek=8192 conv=notrunc 2>out
for part in '' :2 :s2; do
	[ "$("$imp" image cat "mbr.raw$part" bin/login)" = set ] || fail mbr
done
refused 125 'there is no partition s3' ls mbr.raw:s3
refused 125 'no UFS superblock' ls mbr.raw:1
rm mbr.raw fs

# Sizes, labels, owners.
"$imp" image create -o disk2.raw -s 100m --label my-root root
[ "$(stat -c %s disk2.raw)" = 104857600 ] || fail "the size"
sfdisk --verify disk2.raw | grep -q 'No errors detected' || fail "table 2"
"$imp" image ls disk2.raw:my-root /big >out || fail "the label"
cat >spec <<\END
#mtree
. type=dir uid=0 gid=0
./bin type=dir uid=0 gid=0
./bin/login type=file uname=game gname=wheel mode=04755
END
echo 'game:*:77:7::0:0:x:/:/bin/sh' >root/etc/master.passwd
echo 'wheel:*:0:' >root/etc/group
"$imp" image create -o disk2.raw --mtree spec root
"$imp" image ls disk2.raw bin/login >list
grep -q '^-rwsr-xr-x  *1  *77  *0 ' list || fail "the list's owner"

# A list as find or mtree -c would write it: what isn't there is made, what
# holds for more is set once, a name without a slash is in the last directory.
cat >spec <<\END
#mtree
/set type=file uid=5 gid=6 mode=0640
.               type=dir mode=0755
    etc         type=dir mode=0711 \
                uid=0
        group   flags=schg,uarch time=86400.5
        ..
    sub         type=dir
        a\040b  type=dir
            x*y\043[z]\134q size=6
            ..
        ..
/unset mode
    new         type=dir
        to      type=link link=../big mode=0700
        ..
    not         optional
    ..
./big mode=0600
END
"$imp" image create -o disk2.raw --mtree spec root
"$imp" image ls disk2.raw / >list
grep -q '^drwx--x--x  *2  *0  *6 .* etc$' list || fail "/set"
grep -q '^drwxr-xr-x  *2  *5  *6 .* new$' list || fail "a new directory"
grep -q '^-rw-------  *2  *5  *6 .* big2$' list || fail "the other name"
"$imp" image ls disk2.raw new >list
grep -q '^lrwx------ .* to -> ../big$' list || fail "a new link: $(cat list)"
TZ=UTC "$imp" image ls disk2.raw etc >list
grep -q '^-rw-r-----  *1  *5  *6 .* 1970-01-02 00:00:00 group$' list || fail "time: $(cat list)"
"$imp" image ls disk2.raw 'sub/a b' >list
grep -q '^-rw-r-----  *1  *5  *6 .* x\*y#\[z\]\\q$' list || fail "vis: $(cat list)"
"$imp" image fsck -n disk2.raw >out || fail "fsck: $(cat out)"

# FreeBSD 15 mounts what has its superblock at 65536, and says so in it; a
# release has soft updates on. Places of fields are those of fs(5).
field() {
	od -A n -t "$2" -j $((1048576 + 65536 + $1)) -N "${2#d}" disk2.raw | tr -d ' '
}
[ "$(field 1372 d4)" = $((0x19540119)) ] || fail "the superblock's place"
[ "$(field 1000 d8)" = 65536 ] || fail "fs_sblockloc"
[ "$(field 1312 d4)" = $((0x202)) ] || fail "fs_flags: hashes, soft updates"

# Names, blocks of addresses, links and holes of each kind.
mkdir -p many/x/y/z
i=0
while [ $i -lt 700 ]; do
	: >"many/x/file-of-some-length-$i"
	i=$((i + 1))
done
head -c 200 /dev/zero | tr '\0' l >text
ln -s "$(cat text)" many/long
ln -s "$(head -c 119 text)" many/short
ln -s "$(head -c 120 text)" many/edge
truncate -s 200m many/holes
echo middle | dd of=many/holes bs=1M seek=150 conv=notrunc 2>out
head -c 12000001 /dev/urandom >many/indirect
for i in 1 4095 4096 4097 32767 32768 393216 393217; do
	head -c $i many/indirect >many/size-$i
done
"$imp" image create -o disk2.raw many
"$imp" image fsck -n disk2.raw >out || fail "fsck: $(cat out)"
rm -rf copy
"$imp" image cp disk2.raw / copy
diff -r --no-dereference many copy
"$imp" image ls disk2.raw x | sed 's/.* //' >list
LC_ALL=C sort -c list || fail "names aren't in order"
[ "$(du -k disk2.raw | cut -f 1)" -lt 16000 ] || fail "holes were filled"
rm -rf many copy

refused 127 'nope: No such file' create -o new.raw nope
refused 125 "spec: it isn't a folder" create -o new.raw spec
refused 125 'too small' create -o new.raw -s 4m root
refused 125 'too small' create -o new.raw -s 1m root
refused 125 "it isn't a size" create -o new.raw -s 1x root
refused 125 'none/new.raw: No such file' create -o none/new.raw root
refused 125 "/dev/null: it isn't a file" create -o /dev/null root
refused 125 'no name below /dev/gpt' create -o new.raw --label 'a/b' root
refused 125 '-o says which disk' create root
refused 125 'nowhere: No such file' create --mtree nowhere -o new.raw root
refused 125 'there is no partition 2' ls disk2.raw:2
refused 125 'no such command' rm disk2.raw
echo '. type=nonsense' >spec
refused 125 'spec:1: nonsense: there is no such type' create --mtree spec -o new.raw root
echo './bin/none type=file' >spec
refused 125 "spec:1: none: the folder hasn't got it" create --mtree spec -o new.raw root
echo './bin type=file' >spec
refused 125 'spec:1: bin: in the folder it has another type' create --mtree spec -o new.raw root
echo './bin uname=nobody' >spec
refused 125 "spec:1: nobody: the folder's etc has nobody" create --mtree spec -o new.raw root
echo './bin mode=99' >spec
refused 125 "spec:1: 99: it isn't a number" create --mtree spec -o new.raw root
[ "$(echo new*)" = 'new*' ] || fail "something is left"
echo "create: ok"
