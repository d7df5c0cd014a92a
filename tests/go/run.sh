#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh PACKAGE: builds the package's own tests for FreeBSD with Debian's Go
# and runs them under Imp, in a copy of the package's folder, less those that
# tests/go/skip names. The base system's programs are there to be run.
set -eu

package=$1
here=$(dirname "$0")
base=build/base/root
goroot=$(go env GOROOT)
binary=build/tests/go/$(echo "$package" | tr / _).test
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Names that -test.skip would take; this Go only knows -test.run, so run all
# that are listed but for those.
export GOOS=freebsd GOARCH=amd64 GOFLAGS=-mod=mod GO111MODULE=off CGO_ENABLED=0
if [ ! -f "$binary" ]; then
	mkdir -p "$(dirname "$binary")"
	go test -tags timetzdata -c -o "$binary.$$" "$package"
	mv "$binary.$$" "$binary"
fi

zones=
if [ "$package" = time ]; then
	zones="-v /usr/share/zoneinfo"
fi
skip=$(awk -F'\t' -v p="$package" '$1 == p { print $2 }' "$here/skip")
# shellcheck disable=SC2086 # two words, or none
all=$(build/imp run -t 700 $zones "$binary" -test.list . | grep -E '^(Test|Example)')
if [ -n "$skip" ]; then
	all=$(echo "$all" | grep -vxF "$skip")
fi
pattern=$(echo "$all" | tr '\n' '|' | sed 's/|$//')

# The package where it is on the host, with what lies beside it if it is one
# of several in a folder; and the time zones.
source=$(cd "$goroot/src/$package" && pwd -P)
case $package in
*/*) tree=$(dirname "$source") ;;
*) tree=$source ;;
esac
# shellcheck disable=SC2086 # two words, or none
if build/imp run -m 1g -t "${LIMIT:-1700}" -e TMPDIR=/tmp \
    -v "$tree" -w "$source" $zones -v "$base/bin:/bin" \
    -v "$base/usr/bin:/usr/bin" -v "$base/etc:/etc" \
    "$binary" -test.short -test.v -test.run "^($pattern)\$" >"$log" 2>&1; then
	tail -n 1 "$log"
else
	status=$?
	grep -E -B 30 '^ *--- FAIL' "$log" | tail -n 80
	tail -n 40 "$log"
	echo "status $status; failed tests:"
	grep -E '^ *--- FAIL' "$log" || true
	exit 1
fi
