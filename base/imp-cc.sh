#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# imp-cc: gcc for FreeBSD programs: compiles against the C library of the tree
# and links statically. Takes gcc's options. Programs get FreeBSD's brand, which
# its kernel wants to see and the linker has no option for.
set -eu

libc=$(cd "$(dirname "$0")/../base/libc" && pwd)
gcc=${IMP_GCC:-gcc}

# Linking is what happens unless one of these says otherwise, or there is
# nothing to link.
link=yes
inputs=no
output=a.out
last=
for arg; do
	[ "$last" != -o ] || output=$arg
	last=$arg
	case $arg in
	-c | -S | -E | -M | -MM | -fsyntax-only | -r) link=no ;;
	-shared)
		echo "imp-cc: there are only static programs" >&2
		exit 1
		;;
	-) inputs=yes ;;
	-o?*) output=${arg#-o} ;;
	-*) ;;
	*) inputs=yes ;;
	esac
done

# As a FreeBSD compiler presents itself.
set -- -nostdinc -isystem "$libc/include" \
    -isystem "$($gcc -print-file-name=include)" \
    -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix -Uunix \
    -D__FreeBSD__=15 -D__unix__=1 -D__unix=1 \
    -fno-pic -fno-pie -fno-stack-protector "$@"
if [ $link = yes ] && [ $inputs = yes ]; then
	"$gcc" -static -no-pie -nostdlib -Wl,--build-id=none \
	    -Wl,-z,noexecstack -Wl,--gc-sections -Wl,-z,max-page-size=4096 \
	    "$libc/lib/crt1.o" "$libc/lib/crti.o" "$@" -x none -L"$libc/lib" \
	    -Wl,--start-group "$libc/lib/libc.a" -lgcc -lgcc_eh -Wl,--end-group \
	    "$libc/lib/crtn.o"
	# EI_OSABI: ELFOSABI_FREEBSD
	printf '\011' | dd bs=1 seek=7 conv=notrunc,nocreat status=none of="$output"
	exit
fi
exec "$gcc" "$@"
