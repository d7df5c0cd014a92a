#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# repair.sh IMP ROOT PTY: the system starts from a root that isn't clean: what is
# harmless is repaired under the read-only mount, and used; for the rest a person
# is asked for, who repairs it from there.
set -u

imp=$1
root=$2
pty=$3
damage=build/tests/host/damage
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

fail() {
	failed=1
	echo "$1"
	cat "$tmp/out"
}

# The file system on the disk, into $tmp/fs.
take() {
	dd if="$tmp/disk" of="$tmp/fs" bs=512 skip="$start" count="$size" \
	    2>/dev/null
}

# harm KIND...
harm() {
	take
	for kind; do
		$damage "$tmp/fs" "$kind" || fail "$kind: not done"
	done
	dd if="$tmp/fs" of="$tmp/disk" bs=512 seek="$start" conv=notrunc \
	    2>/dev/null
}

# journal_is STATE, for FreeBSD.
journal_is() {
	take
	state=$(build/tests/host/journal "$tmp/fs")
	[ "$state" = "$1" ] || fail "the journal is $state, not $1"
}

session() {
	name=$1
	timeout -k 5 600 "$pty" "$imp" boot -m 128m -c 2 "$tmp/disk" \
	    >"$tmp/out" 2>&1 || fail "$name"
	"$imp" fsck -n "$tmp/disk" >"$tmp/check" 2>&1 || {
		fail "$name: not clean afterwards"
		cat "$tmp/check"
	}
}

cp -a "$root" "$tmp/root"
mkdir -p "$tmp/root/sub/deep" "$tmp/root/empty"
echo kept >"$tmp/root/sub/deep/f"
head -c 30000 /dev/urandom >"$tmp/root/other"
head -c 4194304 /dev/zero >"$tmp/root/.sujournal"
echo two >"$tmp/root/hard"
ln "$tmp/root/hard" "$tmp/root/rest"
"$imp" image create -o "$tmp/disk" -s 64m "$tmp/root" >"$tmp/out" 2>&1 ||
	fail "create"
sfdisk -l -o Start,Sectors,Name "$tmp/disk" | grep rootfs >"$tmp/out"
read -r start size _ <"$tmp/out"

# With soft updates a file without a name is one that was being removed.
harm unclean totals file-forgotten links-high-directory
session "harmless" <<\END
see unreferenced: inode
see result: repaired
see login: 
type root\r
see # 
type wc -c /lost+found/*; cat /sub/deep/f; touch /new\r
see No such file
see kept
type poweroff\r
see The system powers off.
end 0
END

harm hashes journal-torn-hash
session "torn" <<\END
see the superblock's check hash is wrong; a copy of it is used
see summary: superblock: it was written in part
see result: repaired
see login: 
type root\r
see # 
type cat /sub/deep/f; touch /newer; poweroff\r
see kept
see The system powers off.
end 0
END
journal_is over

# Unmounted by FreeBSD, and changed since.
harm journal-clean
journal_is replay
session "journal" <<\END
see login: 
type root\r
see # 
type touch /newest; poweroff\r
see The system powers off.
end 0
END
journal_is over

harm unclean links-low
session "by a person" <<\END
see damage: inode
see result: damaged
see Run fsck by hand
see RETURN for /bin/sh: 
type \r
see # 
type fsck /dev/gpt/rootfs\r
see Write these repairs? [y/n] 
type y\r
see result: repaired
type touch /hard\r
see Read-only file system
type exit\r
see login: 
type root\r
see # 
type rm -f /hard; cat /rest; poweroff\r
see two
see The system powers off.
end 0
END
exit $failed
