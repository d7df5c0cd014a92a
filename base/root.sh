#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# root.sh BUILT ROOT: makes the root file system in the folder ROOT from what
# was built in BUILT.
set -eu

built=$1
root=$2
here=$(dirname "$0")

rm -rf "$root"
for dir in bin sbin dev etc lib libexec proc root tmp mnt usr/bin usr/sbin usr/libexec \
    usr/share/man/cat1 usr/share/man/cat5 usr/share/man/cat8 var/log var/run \
    var/tmp; do
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

# program: where it goes, and its other names
while read -r program dir names; do
	[ -f "$built/$program/$program" ] || continue
	cp "$built/$program/$program" "$root/$dir/$program"
	strip "$root/$dir/$program"
	for name in $names; do
		ln "$root/$dir/$program" "$root/$dir/$name"
	done
done <<EOF
init sbin
mount sbin umount
sysctl sbin
dmesg sbin
reboot sbin halt poweroff fastboot fasthalt
shutdown sbin
swapon sbin swapoff
newfs sbin
fsck sbin fsck_ffs fsck_ufs
kenv bin
ps bin
stty bin
getty usr/libexec
login usr/bin
passwd usr/bin
EOF
ln "$root/usr/bin/passwd" "$root/usr/sbin/pwd_mkdb"
chmod 4555 "$root/usr/bin/login" "$root/usr/bin/passwd"
cp "$here/nologin.sh" "$root/usr/sbin/nologin"
cp "$here/man.sh" "$root/usr/bin/man"
chmod 755 "$root/usr/sbin/nologin" "$root/usr/bin/man"

cp "$built/rtld/ld-elf.so.1" "$root/libexec/"
cp "$built/rtld/libc.so.7" "$built/rtld/libgcc_s.so.1" "$root/lib/"

cp -R "$here/etc/." "$root/etc/"
chmod 755 "$root/etc/rc" "$root/etc/rc.shutdown"
chmod 600 "$root/etc/master.passwd"
# Manual pages, by each of their names, as plain text.
for page in "$here"/*/*.[158]; do
	section=${page##*.}
	first=
	sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_.]*\).*/\1/p' "$page" |
	    while read -r name; do
		    to=$root/usr/share/man/cat$section/$name.$section
		    if [ -n "$first" ]; then
			    ln "$first" "$to"
			    continue
		    fi
		    first=$to
		    mandoc -Tascii "$page" | sed "s/.$(printf '\010')//g" >"$to"
	    done
done
