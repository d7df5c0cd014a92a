#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bundles and minifies this folder's JavaScript with esbuild for FreeBSD in a
# microVM, and with esbuild for Linux on this machine: both must agree to the
# byte. Prints the bundle.
set -eu

freebsd=$(third_party/fetch.sh @esbuild/freebsd-x64)/bin/esbuild
linux=$(third_party/fetch.sh @esbuild/linux-x64)/bin/esbuild
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

build/imp run -v examples/bundle:/src -w /src "$freebsd" \
    --bundle --minify main.js >"$tmp/imp.js"
(cd examples/bundle && "../../$linux" --bundle --minify main.js) >"$tmp/host.js"
cmp "$tmp/imp.js" "$tmp/host.js"
cat "$tmp/imp.js"
