#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# source.sh PACKAGE: gets the upstream source of a Debian package of
# debian.list with apt-get, from where this machine gets its packages, checks
# it against the list, unpacks it, applies our patches (third_party/patches),
# and prints the folder it is in. What is there already isn't fetched again.
set -eu

package=$1
here=$(cd "$(dirname "$0")" && pwd)
tab=$(printf '\t')
line=$(grep "^$package$tab" "$here/debian.list") || {
	echo "source: $package is not in debian.list" >&2
	exit 1
}
version=$(echo "$line" | cut -f 2)
file=$(echo "$line" | cut -f 3)
sum=$(echo "$line" | cut -f 4)
top=$(pwd)/build/third_party
dir=$top/$package-$version
patches=$(find "$here/patches" -name "$package-*.patch" 2>/dev/null | sort)
# Other patches, another folder.
if [ -n "$patches" ]; then
	# shellcheck disable=SC2086 # a list of files
	dir=$dir-$(cat $patches | sha256sum | cut -c 1-8)
fi

fail() {
	echo "source: $*" >&2
	exit 1
}

# Debian's own archives, with their sources instead of their packages.
apt() {
	apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$apt/list" \
	    -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::lists="$apt/lists" \
	    "$@"
}
prepare() {
	mkdir -p "$apt/parts" "$apt/lists/partial"
	: >"$apt/list"
	if [ -f /etc/apt/sources.list ]; then
		sed -n 's/^deb[[:space:]]/deb-src /p' /etc/apt/sources.list \
		    >"$apt/list"
	fi
	if [ -f /etc/apt/sources.list.d/debian.sources ]; then
		sed 's/^Types:.*/Types: deb-src/' \
		    /etc/apt/sources.list.d/debian.sources \
		    >"$apt/parts/debian.sources"
	fi
	apt update
}

mkdir -p "$top"
exec 9>"$top/.lock"
flock 9
if [ ! -f "$dir/.complete" ]; then
	if [ ! -f "$top/$file" ]; then
		apt=$top/.apt
		tmp=$(mktemp -d "$top/source.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		[ -d "$apt/lists" ] || prepare >&2
		(cd "$tmp" && apt source --download-only --tar-only \
		    "$package=$version") >&2 ||
		    fail "can't get $package $version (delete $apt to look anew)"
		echo "$sum  $tmp/$file" | sha256sum -c --quiet >&2 ||
		    fail "$file isn't what debian.list says"
		mv "$tmp/$file" "$top/$file"
	fi
	rm -rf "$dir"
	mkdir "$dir"
	tar xf "$top/$file" -C "$dir" --strip-components=1
	for patch in $patches; do
		patch -s -d "$dir" -p 1 <"$patch" >&2
	done
	: >"$dir/.complete"
fi
echo "$dir"
