#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh: tools/deps.sh with an apt-get that is played: it waits for another
# one's lock, and for nothing else.
set -u

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/check.sh
. tests/check.sh

# fake NAME TEXT
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/$1"
	chmod +x "$tmp/$1"
}
fake dpkg-query "echo unknown ok not-installed"
fake npm :
fake sudo 'exec "$@"'
fake sleep :
export PATH="$tmp:$PATH" TMP_DEPS="$tmp"

# The lock is there at the first tries.
# shellcheck disable=SC2016 # for the script to expand
fake apt-get 'echo "$1" >>"$TMP_DEPS/calls"
[ "$(wc -l <"$TMP_DEPS/calls")" -gt 3 ] && exit 0
echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1"
exit 100'
check "it says that it waits" 1 \
	"$(tools/deps.sh "$tmp/stamp" | grep -c '^waiting for another apt-get')"
check "it tries again" "update update update update install " \
	"$(tr '\n' ' ' <"$tmp/calls")"
check "the stamp" 0 "$(test -f "$tmp/stamp"; echo $?)"

fake apt-get 'echo "E: Could not get lock /var/lib/apt/lists/lock"; exit 100'
check "not for ever" "another apt-get doesn't end: \
E: Could not get lock /var/lib/apt/lists/lock" \
	"$(tools/deps.sh "$tmp/none" 2>&1 >/dev/null)"
fake apt-get 'echo "E: Unable to locate package gcc"; exit 100'
check "another failure" "E: Unable to locate package gcc" \
	"$(tools/deps.sh "$tmp/none" 2>&1 >/dev/null)"
check "no stamp" 1 "$(test -f "$tmp/none"; echo $?)"
exit $failed
