#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pagefind, a program in Rust and C++ that is dynamically linked and works with
# many threads: it finds in a site what the one for Linux finds, with 1, 2 and 4
# CPUs.
set -eu

freebsd=$(third_party/fetch.sh @pagefind/freebsd-x64)/bin/pagefind_extended
linux=$(third_party/fetch.sh @pagefind/linux-x64)/bin/pagefind_extended
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/site/more"
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	cat >"$tmp/site/more/$i.html" <<-END
		<html lang="en"><head><title>Page $i</title></head><body>
		<h1>Number $i</h1><p data-pagefind-filter="kind">kind$((i % 3))</p>
		<p>Word$((i * i)) and word$((i % 7)) are on page $i.</p></body></html>
	END
done
echo '<html lang="de"><body><p>Ein Satz auf Deutsch</p></body></html>' \
    >"$tmp/site/index.html"

# What it counted.
counts() {
	grep Indexed "$1"
}
"$linux" --site "$tmp/site" --output-path "$tmp/out" >"$tmp/host"
counts "$tmp/host" >"$tmp/wanted"
grep -q '40 pages\|41 pages' "$tmp/wanted"
for cpus in 1 2 4; do
	build/imp run -m 512m -c $cpus -t 700 -v "$tmp/site:/site" "$freebsd" \
	    --site /site --output-path /out >"$tmp/imp"
	counts "$tmp/imp" | diff "$tmp/wanted" -
done

if build/imp run -m 512m "$freebsd" --site /none >"$tmp/out.txt" 2>&1; then
	echo "no error without a site"
	exit 1
fi
grep -q none "$tmp/out.txt"
