#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lightningcss, a program in Rust that is dynamically linked: on FreeBSD's
# libraries as the base system has them it makes the same style sheet, byte for
# byte, as the one for Linux on this machine.
set -eu

freebsd=$(third_party/fetch.sh lightningcss-cli-freebsd-x64)/lightningcss
linux=$(third_party/fetch.sh lightningcss-cli-linux-x64-gnu)/lightningcss
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/a.css" <<'END'
@import "b.css";
:root { --gap: 10px }
.a { color: rgb(255, 0, 0); margin: 0px 0px 0px 0px; transition: all 0.5s }
.a .b { &:hover { background: linear-gradient(to right, red, blue) }
	width: calc(100% - 2 * 10px + 5px) }
@media (min-width: 640px) { .a { color: color-mix(in srgb, red, blue 30%) } }
@supports (display: grid) { .c { transform: rotate(calc(asin(sin(45deg)))) } }
END
echo '.b { color: hsl(120deg 100% 25%); inset: 0 0 0 0 }' >"$tmp/b.css"

# compare OPTION...
compare() {
	(cd "$tmp" && "$OLDPWD/$linux" "$@" a.css) >"$tmp/host"
	[ -s "$tmp/host" ]
	build/imp run -v "$tmp/a.css:/a.css" -v "$tmp/b.css:/b.css" \
	    "$freebsd" "$@" /a.css >"$tmp/imp"
	cmp "$tmp/host" "$tmp/imp"
}
compare
compare --minify
compare --minify --bundle --targets '>= 0.25%'

if build/imp run "$freebsd" /none.css >"$tmp/out" 2>&1; then
	echo "no error without a file"
	exit 1
fi
grep -q 'No such file or directory' "$tmp/out"
