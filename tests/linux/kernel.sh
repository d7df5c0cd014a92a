#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# kernel.sh PACKAGE PROGRAM OUT [MODULE...]: Debian's Linux, of the newest
# kernel that PACKAGE (linux-image-amd64, linux-image-cloud-amd64) stands for,
# with a static program as its whole initramfs: OUT/vmlinuz and OUT/initrd. The
# modules and what they need are put beside the program as 1.ko, 2.ko, ... in
# the order in which they are to be loaded; what is built in isn't. The package
# is fetched once, and stays in build/linux.
set -eu

package=$1 program=$2 out=$3
shift 3
root=build/linux/$package

mkdir -p build/linux
exec 9>"build/linux/.lock"
flock 9
if [ ! -f "$root/.complete" ]; then
	image=$(apt-cache depends "$package" |
	    sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
	rm -rf "$root" "$root.deb"
	mkdir -p "$root" "$root.deb"
	(cd "$root.deb" && apt-get download -q \
	    -o APT::Sandbox::User=root "$image" >/dev/null) || {
		echo "kernel: can't get $package with apt-get" >&2
		exit 1
	}
	dpkg-deb -x "$root.deb"/*.deb "$root"
	rm -r "$root.deb"
	touch "$root/.complete"
fi

# file_of NAME: the module's file, if it isn't built in.
file_of() {
	find "$root/lib/modules" -name "$1.ko" -o \
	    -name "$(echo "$1" | tr _ -).ko"
}

# load NAME: puts what it needs, and then itself, into the list.
load() {
	[ -n "$(file_of "$1")" ] || return 0
	for need in $(tr '\0' '\n' <"$(file_of "$1")" |
	    sed -n 's/^depends=//p' | tr ',' ' '); do
		load "$need"
	done
	case "$list " in
	*" $(file_of "$1") "*) ;;
	*) list="$list $(file_of "$1")" ;;
	esac
}

list=
for module; do
	load "$module"
done
rm -rf "$out"
mkdir -p "$out/root"
cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
cp "$program" "$out/root/init"
n=1
for file in $list; do
	cp "$file" "$out/root/$n.ko"
	n=$((n + 1))
done
(cd "$out/root" && find . | cpio -o -H newc --quiet >../initrd)
