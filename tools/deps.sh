#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh STAMP: installs the Debian packages that building and testing needs
# and that aren't there, and leaves STAMP. Says what it installs; asks for
# root's rights by sudo where it hasn't got them.
set -eu

stamp=$1
wanted="gcc clang lld binutils make qemu-system-x86 golang-go golang-src \
    clang-format clang-tidy gdb makefs cppcheck shellcheck mandoc npm libclang-rt-14-dev libunwind-14 \
    busybox-static cpio dosfstools e2fsprogs fdisk mtools tzdata xorriso xz-utils"

missing=
for package in $wanted; do
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
	    grep -q '^install ok installed' || missing="$missing $package"
done
# A Node.js from elsewhere brings npm as well.
if command -v npm >/dev/null 2>&1; then
	missing=$(echo "$missing" | sed 's/ npm\b//')
fi
# apt ARG...: apt-get; if another one is at work, waits for it to end.
apt() {
	tries=0
	until $sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
	    apt-get "$@" >"$log" 2>&1; do
		if ! grep -qE 'Could not get lock|Unable to (acquire|lock)' "$log"
		then
			cat "$log" >&2
			exit 1
		fi
		if [ $((tries += 1)) -gt 300 ]; then
			echo "another apt-get doesn't end: $(head -n 1 "$log")" >&2
			exit 1
		fi
		[ $tries -gt 1 ] || echo "waiting for another apt-get"
		sleep 2
	done
}

if [ -n "$missing" ]; then
	echo "installing:$missing"
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	apt update -qq
	# shellcheck disable=SC2086 # a list of words
	apt install -y -qq --no-install-recommends $missing
fi
mkdir -p "$(dirname "$stamp")"
: >"$stamp"
