#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch.sh PACKAGE: gets a package of npm.list with the npm client, checks it
# against the list, unpacks it, and prints the folder it is in. What is there
# already isn't fetched again.
set -eu

package=$1
here=$(dirname "$0")
tab=$(printf '\t')
line=$(grep "^$package$tab" "$here/npm.list") || {
	echo "fetch: $package is not in npm.list" >&2
	exit 1
}
version=$(echo "$line" | cut -f 2)
sum=$(echo "$line" | cut -f 3)
name=$(echo "$package" | tr -d '@' | tr '/' '-')-$version
top=build/third_party
if [ ! -f "$top/$name/.complete" ]; then
	mkdir -p "$top"
	tmp=$(mktemp -d "$top/fetch.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	(cd "$tmp" && npm pack --silent "$package@$version" >/dev/null)
	echo "$sum  $tmp/$name.tgz" | sha256sum -c --quiet >&2 || {
		echo "fetch: $package $version isn't what npm.list says" >&2
		exit 1
	}
	tar xzf "$tmp/$name.tgz" -C "$tmp"
	rm -rf "${top:?}/$name"
	mv "$tmp/package" "$top/$name"
	: >"$top/$name/.complete"
fi
echo "$top/$name"
