#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fsck.sh: newfs(8) and fsck(8) of the base system on a disk of a machine; what
# they did is looked at from outside.
set -u

imp=build/imp
newfs=build/base/newfs/newfs
fsck=build/base/fsck/fsck
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
disk=$dir/disk.raw
readonly=
failed=0

# guest STATUS PROGRAM ARG...: with the disk as vtbd0.
guest() {
	expected=$1
	shift
	status=0
	"$imp" run -t 700 -v "$dir/fstab:/etc/fstab" \
	    --qemu-arg=-drive \
	    --qemu-arg="id=d0,if=none,format=raw,file=$disk$readonly" \
	    --qemu-arg=-device --qemu-arg=virtio-blk-device,drive=d0 \
	    "$@" >"$dir/out" 2>&1 || status=$?
	[ $status = "$expected" ] || fail "$*: status $status, not $expected"
}

fail() {
	failed=1
	echo "$1"
	cat "$dir/out"
}

# host STATUS OPTION...
host() {
	expected=$1
	shift
	status=0
	"$imp" fsck "$@" "$disk" >"$dir/out" 2>&1 </dev/null || status=$?
	[ $status = "$expected" ] ||
		fail "imp fsck $*: status $status, not $expected"
}

said() {
	grep -q "$1" "$dir/out" || fail "not said: $1"
}

# Not the root's: no fsck for those with pass 0, the others in order.
cat >"$dir/fstab" <<EOF
/dev/none	/none	ufs	rw	0	0
/dev/vtbd0	/mnt	ufs	rw	1	2
tmpfs		/tmp	tmpfs	rw	0	0
EOF

truncate -s 64M "$disk"
guest 0 $newfs -U -L data /dev/vtbd0
said 'using 4 cylinder groups of 16.03MB, 513 blks, 2176 inodes'
host 0 -n
said '^result: clean, 2 inodes (2 directories)'
[ "$("$imp" image ls "$disk" | sed 's/.* //')" = .snap ] || fail "no .snap"
guest 0 $newfs -N -b 4096 -f 4096 /dev/vtbd0
guest 1 $newfs -b 5000 /dev/vtbd0
guest 1 $newfs /dev/vtbd1
host 0 -n

mkdir -p "$dir/root/sub/deep" "$dir/root/empty"
for file in big other rest; do
	head -c 200000 /dev/urandom >"$dir/root/$file"
done
echo hello >"$dir/root/sub/deep/f"
ln "$dir/root/rest" "$dir/root/hard"
makefs -t ffs -s 64m -o version=2,bsize=32768,fsize=4096 "$disk" \
    "$dir/root" >/dev/null
guest 0 $fsck -n /dev/vtbd0
said '^result: clean'
build/tests/host/damage "$disk" unclean
build/tests/host/damage "$disk" file-forgotten
guest 1 $fsck -n
said '^unreferenced: inode'
guest 0 $fsck -F -p
said '^\*\* /dev/vtbd0$'
said '^result: repaired'
host 0 -n
lost=$("$imp" image ls "$disk" lost+found | sed 's/.* //')
"$imp" image cat "$disk" "lost+found/$lost" | cmp -s - "$dir/root/other" ||
	fail "lost+found has something else"
guest 0 $fsck -p
said 'clean, by its mark'
build/tests/host/damage "$disk" links-low
guest 2 $fsck -n /dev/vtbd0
guest 8 $fsck -f -p /dev/vtbd0
guest 2 $fsck /dev/vtbd0
guest 0 $fsck -y /dev/vtbd0
host 0 -n

# It asks; until it is answered the disk isn't for others to repair.
build/tests/host/damage "$disk" links-low
mkfifo "$dir/answers"
"$imp" run -t 700 --qemu-arg=-drive \
    --qemu-arg="id=d0,if=none,format=raw,file=$disk" --qemu-arg=-device \
    --qemu-arg=virtio-blk-device,drive=d0 $fsck /dev/vtbd0 \
    <"$dir/answers" >"$dir/asked" 2>&1 &
machine=$!
exec 3>"$dir/answers"
tries=0
until grep -q 'Write these repairs' "$dir/asked" || [ $tries = 500 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
host 125 -y
said 'a machine is using it'
echo y >&3
exec 3>&-
wait $machine || fail "asked: not repaired"
host 0 -n
guest 8 $fsck -p /dev/vtbd1
guest 0 $fsck -B
readonly=,readonly=on
guest 0 $fsck -f -p /dev/vtbd0
said '^result: clean, 9 inodes'
build/tests/host/damage "$disk" unclean
guest 8 $fsck -p /dev/vtbd0
exit $failed
