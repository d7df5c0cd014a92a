#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lefthook under Imp: its version, its help, and a clear failure where there
# is no git repository.
set -eu

lefthook=$(third_party/fetch.sh lefthook-freebsd-x64)/bin/lefthook
version=$(awk '$1 == "lefthook-freebsd-x64" { print $2 }' third_party/npm.list)

build/imp run "$lefthook" version | grep -qxF "$version"
build/imp run "$lefthook" help | grep -q '^USAGE\|^Usage'
if out=$(build/imp run "$lefthook" install 2>&1); then
	echo "install succeeded outside a repository: $out"
	exit 1
fi
echo "$out"
echo "$out" | grep -qi 'git'
