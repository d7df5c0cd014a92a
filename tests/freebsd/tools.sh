#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tools.sh IMAGE DOC [ARG...]: tries the programs of a FreeBSD image, by
# tools.tab, and writes a page of what works; docs/freebsd-tools.md is one. The
# image stays as it is. `imp boot ARG...` starts it (so that another kernel may
# be tried) with two more disks: what to try, and where the answers go.
set -eu

[ $# -ge 2 ] || { echo "usage: $0 IMAGE DOC [ARG...]" >&2; exit 2; }
image=$1
doc=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/root"
cp tests/freebsd/guest.sh tests/freebsd/tools.tab "$tmp/root"
build/imp image create -o "$tmp/tools.raw" --label tools "$tmp/root"
truncate -s 1m "$tmp/answers.raw"
cp --sparse=always "$image" "$tmp/image.raw"

build/tests/pty build/imp boot -c 2 -m 1g "$@" \
    "$tmp/image.raw" "$tmp/tools.raw" "$tmp/answers.raw" <<'END'
patience 300
see login:
type root\n
see #
type exec /bin/sh\n
see #
type mount -r /dev/gpt/tools /mnt && sh /mnt/guest.sh /mnt/tools.tab >/tmp/answers; echo e'nd'\n
patience 3600
see tried 100
say tools.sh: 100 were tried
see tried 300
say tools.sh: 300 were tried
see tried 500
say tools.sh: 500 were tried
see tried 700
say tools.sh: 700 were tried
see end
patience 300
type dd if=/tmp/answers of=/dev/vtbd2 bs=64k conv=sync 2>/dev/null; shutdown -p now\n
end 0
END
rm "$tmp/image.raw"
tr -d '\000' <"$tmp/answers.raw" >"$tmp/answers"
[ -s "$tmp/answers" ] || { echo "tools.sh: no answers" >&2; exit 1; }

# names VERDICT: in one paragraph.
names() {
	awk -F'\t' -v v="$1" '$2 == v { printf "%s%s", sep, $1; sep = ", " }
	    END { print "" }' "$tmp/answers" | fold -s -w 160
}

count() {
	awk -F'\t' -v v="$1" '$2 == v' "$tmp/answers" | wc -l
}

# reasons VERDICT: a line for each reason, with the names.
reasons() {
	awk -F'\t' -v v="$1" '$2 == v { n[$3] = n[$3] (n[$3] ? ", " : "") $1 }
	    END { for (r in n) print "| " r " | " n[r] " |" }' \
	    "$tmp/answers" | sort
}

{
	cat <<EOF
# FreeBSD's programs on Imp

Made by \`tests/freebsd/tools.sh\`, which starts a FreeBSD image and does with each program of bin, sbin, usr/bin and usr/sbin what
tests/freebsd/tools.tab says is its main job. $(count works) work, $(count starts) start (no more was tried), $(count fails) fail.

## Work

$(names works)

## Start

$(names starts)

## Fail

| program | says |
| --- | --- |
$(awk -F'\t' '$2 == "fails" { gsub(/\|/, "\\|"); print "| " $1 " | " $3 " |" }' "$tmp/answers")

## Wait for a part that is to come

| part | programs |
| --- | --- |
$(reasons later)

## Not for this machine, or not for this system

| why | programs |
| --- | --- |
$(reasons never)

## Not tried

Not in the image: $(names absent)

Without a line in the table: $(names unknown)
EOF
} >"$doc"
echo "$doc: $(count works) work, $(count starts) start, $(count fails) fail"
