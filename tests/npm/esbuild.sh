#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# esbuild for FreeBSD under Imp makes the same bundle, byte for byte, as
# esbuild for Linux on this machine; with 1, 2 and 4 CPUs.
set -eu

freebsd=$(third_party/fetch.sh @esbuild/freebsd-x64)/bin/esbuild
linux=$(third_party/fetch.sh @esbuild/linux-x64)/bin/esbuild
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$linux" --bundle --minify examples/bundle/main.js >"$tmp/host.js"
[ -s "$tmp/host.js" ]
for cpus in 1 2 4; do
	build/imp run -c "$cpus" -v examples/bundle:/work/examples/bundle \
	    -w /work "$freebsd" --bundle --minify examples/bundle/main.js \
	    >"$tmp/imp.js"
	cmp "$tmp/host.js" "$tmp/imp.js"
done
