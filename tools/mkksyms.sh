#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mkksyms.sh KERNEL: prints the assembly of the symbol table that
# sys/core/ksyms.c reads, made from the functions of a linked kernel.
set -eu

"${NM:-nm}" -n "$1" | awk '
BEGIN { n = 0; off = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^\./ && $1 ~ /^ffffffff/ {
	addr[n] = $1
	name[n++] = $3
}
END {
	print "\t.section .ksyms, \"a\", @progbits"
	print "\t.balign 8"
	print "\t.globl ksyms_count, ksyms_addr, ksyms_name, ksyms_text"
	print "ksyms_count:\t.quad " n + 0
	print "ksyms_addr:"
	for (i = 0; i < n; i++)
		print "\t.quad 0x" addr[i]
	print "ksyms_name:"
	for (i = 0; i < n; i++) {
		print "\t.long " off + 0
		off += length(name[i]) + 1
	}
	print "ksyms_text:"
	for (i = 0; i < n; i++)
		print "\t.asciz \"" name[i] "\""
	print "\t.section .note.GNU-stack, \"\", @progbits"
}'
