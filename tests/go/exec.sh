#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `go test -exec 'imp run'` as a Go user types it: a package whose tests pass,
# and one whose test fails.
set -eu

imp=$(pwd)/build/imp
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
cat >go.mod <<'G'
module example
go 1.19
G
cat >x_test.go <<'G'
package example

import (
	"os"
	"runtime"
	"testing"
)

func TestSystem(t *testing.T) {
	if runtime.GOOS != "freebsd" {
		t.Fatal(runtime.GOOS)
	}
}

func TestFails(t *testing.T) {
	if os.Getenv("FAIL") != "" {
		t.Fatal("as asked")
	}
}
G
export GOOS=freebsd GOARCH=amd64 CGO_ENABLED=0 GOFLAGS=-mod=mod
go test -exec "$imp run" .
if go test -exec "$imp run -e FAIL=1" . >out 2>&1; then
	echo "a failing test passed"
	exit 1
fi
grep -q 'as asked' out
