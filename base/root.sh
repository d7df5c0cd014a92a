#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# root.sh BUILT ROOT: makes the root file system in the folder ROOT from what
# was built in BUILT.
set -eu

built=$1
root=$2
here=$(dirname "$0")

rm -rf "$root"
for dir in bin sbin dev etc proc root tmp mnt usr/bin usr/sbin usr/share/man/man8 \
    usr/share/man/man1 var/log var/run var/tmp; do
	mkdir -p "$root/$dir"
done
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 700 "$root/root"

cp "$built/sh/sh" "$root/bin/sh"
cp "$built/toybox/toybox" "$root/bin/toybox"
chmod 755 "$root/bin/toybox"
while read -r name; do
	ln -s toybox "$root/bin/$name"
done <"$built/toybox/links"
ln -s ../../bin/env "$root/usr/bin/env"

# program: where it goes
while read -r program dir; do
	[ -f "$built/$program/$program" ] || continue
	cp "$built/$program/$program" "$root/$dir/$program"
	strip "$root/$dir/$program"
done <<EOF
init sbin
mount sbin
fsck sbin
newfs sbin
sysctl sbin
dmesg sbin
reboot sbin
getty usr/sbin
login usr/bin
EOF
for name in halt poweroff fastboot; do
	[ ! -f "$root/sbin/reboot" ] || ln "$root/sbin/reboot" "$root/sbin/$name"
done
for name in fsck_ffs fsck_ufs; do
	[ ! -f "$root/sbin/fsck" ] || ln "$root/sbin/fsck" "$root/sbin/$name"
done
[ ! -f "$root/sbin/mount" ] || ln "$root/sbin/mount" "$root/sbin/umount"
if [ -d "$here/etc" ]; then
	cp -R "$here/etc/." "$root/etc/"
	chmod 600 "$root/etc/master.passwd"
fi
for page in "$here"/*/*.[18]; do
	[ -f "$page" ] || continue
	cp "$page" "$root/usr/share/man/man${page##*.}/"
done
