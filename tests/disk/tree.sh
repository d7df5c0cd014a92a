#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tree.sh DIR [YEAR]: a tree with all that a file system keeps: sizes on both sides of
# where blocks, fragments and indirect blocks begin, holes, links, names,
# modes, owners, times. The same each time.
set -eu

dir=$1
mkdir -p "$dir/sizes" "$dir/names" "$dir/kinds" "$dir/a/b/c/d/e"

# bytes N SEED: N bytes that don't repeat.
bytes() {
	seq "$2" 1000000 | head -c "$1"
}

seed=1
for size in 0 1 511 512 513 4095 4096 4097 32767 32768 49151 49152 49153 \
    98304 393216 400000 786433 2145279 2145281; do
	bytes $size $seed >"$dir/sizes/$size"
	seed=$((seed + 1000))
done
truncate -s 5000000 "$dir/sizes/hole"
bytes 100 7 | dd of="$dir/sizes/hole" bs=1 seek=3000000 conv=notrunc 2>/dev/null
truncate -s 70000 "$dir/sizes/only-hole"

n=0
while [ $n -lt 400 ]; do
	: >"$dir/names/$n"
	n=$((n + 1))
done
long=$(printf '%0255d' 1)
echo long >"$dir/names/$long"
echo spaces >"$dir/names/with spaces % and more"
printf 'deep\n' >"$dir/a/b/c/d/e/f"

echo one >"$dir/kinds/one"
ln "$dir/kinds/one" "$dir/kinds/two"
ln "$dir/kinds/one" "$dir/a/three"
ln -s one "$dir/kinds/short-link"
ln -s "/$(printf '%0118d' 2)" "$dir/kinds/119"
ln -s "/$(printf '%0119d' 2)" "$dir/kinds/120"
ln -s "/$(printf '%0999d' 2)" "$dir/kinds/long-link"
mkfifo "$dir/kinds/fifo"
echo setuid >"$dir/kinds/setuid"
chmod 4711 "$dir/kinds/setuid"
chmod 1777 "$dir/kinds"
chmod 0 "$dir/sizes/1"
if [ "$(id -u)" = 0 ]; then
	chown 1001:65534 "$dir/kinds/one" "$dir/names"
fi
find "$dir" -exec touch -h -d '2001-02-03 04:05:06.789012345Z' {} +
touch -d '1969-12-31 23:59:58Z' "$dir/sizes/0"
touch -d "${2:-2100}-01-01 00:00:00Z" "$dir/sizes/1"
