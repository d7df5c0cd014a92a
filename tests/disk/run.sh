#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh IMP PROGRAM CASE: disks and their partitions, as tests/disk/disk.c
# sees them, with images made here.
set -u

imp=$1 program=$2 case=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
disk=$dir/disk.raw
failed=0
cpus=2
global=virtio-mmio.force-legacy=true

freebsd_ufs=516E7CB6-6ECF-11D6-8FF8-00022D09712B
freebsd_swap=516E7CB5-6ECF-11D6-8FF8-00022D09712B
uuid=01234567-89ab-cdef-0123-456789abcdef

# guest WORDS...: runs the program with $disk (and, if it is there, a second
# one), all output in $dir/out, its own lines in $dir/lines.
guest() {
	set -- "$program" "$@"
	if [ -f "$dir/second.raw" ]; then
		set -- --qemu-arg=-drive \
		    --qemu-arg="id=d1,file=$dir/second.raw,format=raw,if=none" \
		    --qemu-arg=-device \
		    --qemu-arg=virtio-blk-device,drive=d1 "$@"
	fi
	"$imp" run -t 700 -c "$cpus" --verbose \
	    --qemu-arg=-global --qemu-arg="$global" \
	    --qemu-arg=-drive --qemu-arg="id=d0,if=none,${drive:-file=$disk,format=raw,discard=unmap}" \
	    --qemu-arg=-device --qemu-arg="virtio-blk-device,drive=d0,serial=S1${options:-}" \
	    "$@" >"$dir/lines" 2>"$dir/out"
	status=$?
	cat "$dir/lines" >>"$dir/out"
	[ "$status" = 0 ] || fail "$* ended with $status"
}

fail() {
	failed=1
	echo "$case: $1"
	tail -n 30 "$dir/out"
}

# The program's lines are these.
expect() {
	printf '%s\n' "$@" >"$dir/expected"
	diff "$dir/expected" "$dir/lines" || fail "not what was expected"
}

# The kernel said so.
said() {
	grep -q "$1" "$dir/out" || fail "the kernel didn't say: $1"
}

# A sparse disk of that size with a table from standard input.
partitioned() {
	truncate -s "$1" "$disk"
	sfdisk -q "$disk" >"$dir/out" 2>&1 || fail "sfdisk"
}

gpt() {
	partitioned 64M <<-EOF
		label: gpt
		size=1024K, type=21686148-6449-6E6F-744E-656564454650, name=boot
		size=8M, type=$freebsd_swap, name="swap space/1"
		size=16M, type=$freebsd_ufs, name=rootfs, uuid=$uuid
	EOF
	printf 'the root' | dd of="$disk" bs=1M seek=10 conv=notrunc 2>/dev/null
}

# A UFS2 superblock's magic number and volume name, at megabyte $1.
ufs_label() {
	printf '\031\001\124\031' | dd of="$disk" bs=1 conv=notrunc \
	    seek=$(($1 * 1048576 + 65536 + 1372)) 2>/dev/null
	printf 'home' | dd of="$disk" bs=1 conv=notrunc \
	    seek=$(($1 * 1048576 + 65536 + 680)) 2>/dev/null
}

erase() {
	dd if=/dev/zero of="$disk" bs=512 seek="$1" count="$2" conv=notrunc \
	    2>/dev/null
}

gpt_lines() {
	expect "vtbd0p1: vtbd0p1 1048576 512 S1p1" \
	    "vtbd0p2: vtbd0p2 8388608 512 S1p2" \
	    "vtbd0p3: vtbd0p3 16777216 512 S1p3" \
	    "gpt/rootfs: vtbd0p3 16777216 512 S1p3" \
	    "gpt/swap%20space%2F1: vtbd0p2 8388608 512 S1p2" \
	    "gptid/$uuid: vtbd0p3 16777216 512 S1p3" \
	    "ufs/home: vtbd0p3 16777216 512 S1p3" \
	    "vtbd0p4: error 2" "vtbd1: error 2" "gpt/none: error 2"
}

# geom LINE...: these lines come in kern.geom.confxml in this order, perhaps with
# others between; each thing that begins ends, and what is referred to is there.
geom() {
	guest geom
	awk '
	{
		line = $0
		while (match(line, /<[^>]*>/)) {
			tag = substr(line, RSTART + 1, RLENGTH - 2)
			line = substr(line, RSTART + RLENGTH)
			if (match(tag, /ref="[^"]*"/))
				refs[substr(tag, RSTART + 5, RLENGTH - 6)]
			else if (match(tag, /id="[^"]*"/)) {
				id = substr(tag, RSTART + 4, RLENGTH - 5)
				if (ids[id]++)
					exit bad = 1
			}
			sub(/ .*/, "", tag)
			if (tag ~ /^\//) {
				if ("/" stack[depth--] != tag)
					exit bad = 1
			} else if ($0 !~ /\/>/)
				stack[++depth] = tag
		}
	}
	END {
		for (ref in refs)
			if (!(ref in ids))
				bad = 1
		exit bad || depth != 0
	}' "$dir/lines" || fail "the tree of kern.geom.confxml"
	printf '%s\n' "$@" >"$dir/wanted"
	awk 'NR == FNR { want[++n] = $0; next }
	    $0 == want[at + 1] { at++ }
	    END { if (at < n) print "not there: " want[at + 1]; exit at < n }' \
	    "$dir/wanted" "$dir/lines" || fail "kern.geom.confxml"
}

show_gpt() {
	guest show vtbd0p1 vtbd0p2 vtbd0p3 gpt/rootfs \
	    "gpt/swap%20space%2F1" "gptid/$uuid" ufs/home vtbd0p4 vtbd1 gpt/none
	gpt_lines
}

case $case in
pattern-*)
	truncate -s 32M "$disk"
	cpus=${case#pattern-}
	guest pattern vtbd0
	guest check vtbd0
	;;
modern)
	global=virtio-mmio.force-legacy=false
	truncate -s 16M "$disk"
	guest pattern vtbd0
	guest rules vtbd0
	guest disks
	expect vtbd0
	;;
rules)
	truncate -s 16M "$disk"
	guest pattern vtbd0
	guest rules vtbd0
	;;
small-queue)
	# Descriptors of the queue itself, and few of them.
	options=,queue-size=8,seg-max-adjust=off,indirect_desc=off
	truncate -s 16M "$disk"
	guest pattern vtbd0
	options=,indirect_desc=off,event_idx=off
	guest check vtbd0
	;;
sectors)
	options=,logical_block_size=4096,physical_block_size=4096
	truncate -s 16M "$disk"
	guest pattern vtbd0
	guest rules vtbd0
	guest show vtbd0
	expect "vtbd0: vtbd0 16777216 4096 S1"
	;;
readonly)
	truncate -s 1M "$disk"
	drive=file=$disk,format=raw,readonly=on
	guest readonly vtbd0
	guest show vtbd0
	expect "vtbd0: vtbd0 1048576 512 S1 read-only"
	;;
large)
	truncate -s 8T "$disk" || exit 77
	printf 'far away' |
	    dd of="$disk" bs=1M seek=7340032 conv=notrunc 2>/dev/null
	guest show vtbd0
	expect "vtbd0: vtbd0 8796093022208 512 S1"
	guest text vtbd0 7696581394432
	[ "$(cat "$dir/lines")" = "far away" ] || fail "not read"
	;;
errors)
	truncate -s 16M "$disk"
	drive="driver=raw,file.driver=blkdebug,file.image.driver=file"
	drive="$drive,file.image.filename=$disk"
	drive="$drive,file.inject-error.0.event=read_aio"
	drive="$drive,file.inject-error.0.sector=16384"
	guest fails vtbd0 8388608
	said "vtbd0: read error at sector 16384"
	;;
several)
	truncate -s 1M "$disk"
	truncate -s 2M "$dir/second.raw"
	guest disks
	expect "vtbd0 vtbd1"
	guest show vtbd0 vtbd1
	expect "vtbd0: vtbd0 1048576 512 S1" "vtbd1: vtbd1 2097152 512"
	guest swap vtbd1
	guest transfers vtbd1
	;;
gpt)
	gpt
	ufs_label 10
	show_gpt
	guest text vtbd0p3 0
	[ "$(cat "$dir/lines")" = "the root" ] || fail "not read"
	guest list /dev/gpt
	[ "$(sort "$dir/lines" | tr '\n' ' ')" = \
	    ". .. boot rootfs swap%20space%2F1 " ] || fail "list"
	geom '<name>DISK</name>' '<name>vtbd0</name>' \
	    '<mediasize>67108864</mediasize>' '<ident>S1</ident>' \
	    '<name>PART</name>' '<name>vtbd0</name>' '<scheme>GPT</scheme>' \
	    '<entries>128</entries>' '<last>131038</last>' '<state>OK</state>' \
	    '<mode>r0w0e0</mode>' '<name>vtbd0p3</name>' \
	    '<start>20480</start>' '<end>53247</end>' '<type>freebsd-ufs</type>' \
	    '<rawtype>516e7cb6-6ecf-11d6-8ff8-00022d09712b</rawtype>' \
	    '<offset>10485760</offset>' '<length>16777216</length>' \
	    '<label>rootfs</label>' "<rawuuid>$uuid</rawuuid>" \
	    '<name>vtbd0p2</name>' '<index>2</index>' '<type>freebsd-swap</type>' \
	    '<label>swap%20space%2F1</label>' '<name>vtbd0p1</name>' \
	    '<type>!21686148-6449-6e6f-744e-656564454650</type>' \
	    '<name>LABEL</name>' '<name>vtbd0p3</name>' '<name>gpt/rootfs</name>' \
	    "<name>gptid/$uuid</name>" '<name>ufs/home</name>' '</mesh>'
	guest lines
	grep -v ' gptid/' "$dir/lines" >"$dir/short"
	mv "$dir/short" "$dir/lines"
	expect '0 DISK vtbd0 67108864 512 hd 0 sc 0' \
	    '1 PART vtbd0p1 1048576 512 i 1 o 1048576 ty !21686148-6449-6e6f-744e-656564454650 xs GPT xt 21686148-6449-6e6f-744e-656564454650' \
	    '2 LABEL gpt/boot 1048576 512' \
	    '1 PART vtbd0p2 8388608 512 i 2 o 2097152 ty freebsd-swap xs GPT xt 516e7cb5-6ecf-11d6-8ff8-00022d09712b' \
	    '2 LABEL gpt/swap%20space%2F1 8388608 512' \
	    '1 PART vtbd0p3 16777216 512 i 3 o 10485760 ty freebsd-ufs xs GPT xt 516e7cb6-6ecf-11d6-8ff8-00022d09712b' \
	    '2 LABEL gpt/rootfs 16777216 512' '2 LABEL ufs/home 16777216 512'
	guest pattern gpt/rootfs
	guest check vtbd0p3
	;;
gpt-backup)
	gpt
	ufs_label 10
	erase 1 1
	show_gpt
	said "vtbd0: the first GPT is damaged, the backup at the end is used"
	# The entries, with a header that is as it was.
	gpt
	printf X | dd of="$disk" bs=1 seek=1100 conv=notrunc 2>/dev/null
	ufs_label 10
	show_gpt
	said "vtbd0: the first GPT is damaged, the backup at the end is used"
	# With it, the protective MBR.
	erase 0 1
	show_gpt
	;;
gpt-damaged)
	gpt
	erase 1 33
	erase 131039 33
	guest show vtbd0 vtbd0p1
	expect "vtbd0: vtbd0 67108864 512 S1" "vtbd0p1: error 2"
	said "vtbd0: the GPT and its backup are damaged"
	;;
mbr)
	partitioned 64M <<-EOF
		label: dos
		start=2048, size=4M, type=a5, bootable
		size=8M, type=83
		size=32M, type=5
		size=4M, type=83
		size=8M, type=83
	EOF
	guest show vtbd0s1 vtbd0s2 vtbd0s3 vtbd0s4 vtbd0s5
	awk '{ print $1, $2, $3 }' "$dir/lines" >"$dir/short"
	mv "$dir/short" "$dir/lines"
	expect "vtbd0s1: vtbd0s1 4194304" "vtbd0s2: vtbd0s2 8388608" \
	    "vtbd0s3: vtbd0s3 33554432" "vtbd0s4: vtbd0s4 4194304" \
	    "vtbd0s5: vtbd0s5 8388608"
	;;
bsd)
	partitioned 64M <<-EOF
		label: dos
		start=2048, size=40M, type=a5, bootable
		size=8M, type=83
	EOF
	printf '%s\n' b y n a 2064 34831 n b 34832 51215 w |
	    /sbin/fdisk "$disk" >"$dir/out" 2>&1 || fail "fdisk"
	printf 'the root' | dd of="$disk" bs=512 seek=2064 conv=notrunc 2>/dev/null
	guest show vtbd0s1 vtbd0s1a vtbd0s1b vtbd0s1c vtbd0s2
	awk '{ print $1, $2, $3 }' "$dir/lines" >"$dir/short"
	mv "$dir/short" "$dir/lines"
	expect "vtbd0s1: vtbd0s1 41943040" "vtbd0s1a: vtbd0s1a 16777216" \
	    "vtbd0s1b: vtbd0s1b 8388608" "vtbd0s1c: error 2" \
	    "vtbd0s2: vtbd0s2 8388608"
	guest text vtbd0s1a 0
	[ "$(cat "$dir/lines")" = "the root" ] || fail "not read"
	geom '<scheme>BSD</scheme>' '<first>0</first>' '<name>vtbd0s1b</name>' \
	    '<index>2</index>' '<name>vtbd0s1a</name>' '<start>16</start>' \
	    '<index>1</index>' '<scheme>MBR</scheme>' '<name>vtbd0s2</name>' \
	    '<type>linux-data</type>' '<name>vtbd0s1</name>' '<index>1</index>' \
	    '<type>freebsd</type>' '</mesh>'
	guest lines
	grep -q '^2 PART vtbd0s1a 16777216 512 i 1 o 8192 ty .* xs BSD xt ' \
	    "$dir/lines" || fail "kern.geom.conftxt"
	# The same on a disk that has nothing else.
	dd if="$disk" of="$dir/label" bs=512 skip=2049 count=1 2>/dev/null
	truncate -s 0 "$disk"
	truncate -s 64M "$disk"
	dd if="$dir/label" of="$disk" bs=512 seek=1 conv=notrunc 2>/dev/null
	guest show vtbd0a vtbd0b
	awk '{ print $1, $2, $3 }' "$dir/lines" >"$dir/short"
	mv "$dir/short" "$dir/lines"
	expect "vtbd0a: vtbd0a 16777216" "vtbd0b: vtbd0b 8388608"
	;;
*)
	echo "no such case: $case"
	exit 2
	;;
esac
exit "$failed"
