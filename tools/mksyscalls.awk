# SPDX-License-Identifier: BSD-2-Clause
# Makes from sys/abi/freebsd/syscalls.tab
#   -v out=args   sysargs.h: an argument structure and a prototype for each
#                 implemented call
#   -v out=table  syscalls.inc: an initialiser for each number FreeBSD has
#   -v out=list   the calls that there are, for tests/prog/sweep.c
# A letter for each argument tells --trace how to print it: s a path, S one
# that is written, d a number, l, u, q a long one, signed, unsigned and a place
# in a file, o a mode, x flags, p a pointer, b/B a buffer read/written whose
# length is the next argument; others are in sys/abi/freebsd/trace_names.c.

BEGIN {
	FS = "\t"
	if (out == "args") {
		print "/* Made from syscalls.tab by tools/mksyscalls.awk. */"
		print "#ifndef ABI_FREEBSD_SYSARGS_H"
		print "#define ABI_FREEBSD_SYSARGS_H"
		print ""
		print "#include \"lib/types.h\""
		print "#include \"fbsd/signal.h\""
		print ""
		print "struct thread;"
		print ""
	}
}

/^#/ || NF < 4 { next }

# For what has names.
function named(call, type, name, next_kind) {
	if (name ~ /^flags?$/ && call ~ /^(open|openat|fhopen|posix_openpt)$/)
		return "O"
	if (name == "prot")
		return "P"
	if (name == "flags" && call ~ /mmap$/)
		return "M"
	if (name ~ /^(sig|signum)$/ && type !~ /\*/)
		return "g"
	if (name == "whence")
		return "w"
	if (name == "how" && call == "sigprocmask")
		return "h"
	if (name == "cmd" && call == "fcntl")
		return "c"
	if (name ~ /fd[12]?$/ && next_kind == "s")
		return "a"
	return ""
}

function kind(call, type, name, next_name, next_kind) {
	if (named(call, type, name, next_kind) != "")
		return named(call, type, name, next_kind)
	if (type ~ /\*/) {
		if (call == "__getcwd")
			return "S"
		if (name == "addr")
			return "p"
		if (type ~ /char \*$/ && name ~ /^(path|from|to|link|old|new|name|path1|path2|fname|string|type|dir|file|path_from|path_to|old_path|new_path)$/)
			return "s"
		if (type ~ /(void|char) \*$/ && next_name ~ /^(nbyte|len|size|count|buflen|bufsize)$/)
			return (type ~ /^const/ ? "b" : "B")
		return "p"
	}
	if (type == "mode_t" || name == "mode" || name == "newmask")
		return "o"
	if (type ~ /off_t/)
		return "q"
	if (type ~ /^size_t/)
		return "u"
	if (type ~ /^(long|int64_t|id_t)/)
		return "l"
	if (name ~ /flag|options|com|cmd|rval/)
		return "x"
	return "d"
}

{
	number = $1; name = $2; state = $3
	if (state !~ /^(std|number|later|no|sigsys)$/ ||
	    (state ~ /^(std|number)$/) != (NF == 4)) {
		printf "%s:%d: state '%s' with %d columns\n", FILENAME, FNR,
		    state, NF > "/dev/stderr"
		exit 1
	}
	if (number in seen) {
		printf "%s:%d: number %d twice\n", FILENAME, FNR, number \
		    > "/dev/stderr"
		exit 1
	}
	seen[number] = 1
	n = $4 == "void" ? 0 : split($4, arg, /, */)
	fields = ""; kinds = ""
	for (i = 1; i <= n; i++) {
		match(arg[i], /[A-Za-z_0-9]+$/)
		type[i] = substr(arg[i], 1, RSTART - 1)
		sub(/ $/, "", type[i])
		aname[i] = substr(arg[i], RSTART)
	}
	for (i = 1; i <= n; i++) {
		sep = type[i] ~ /\*$/ ? "" : " "
		fields = fields "\t_Alignas(8) " type[i] sep aname[i] ";\n"
	}
	# From the last: a descriptor is shown as what the path after it needs.
	k = ""
	for (i = n; i > 0; i--) {
		k = kind(name, type[i], aname[i], i < n ? aname[i + 1] : "", k)
		kinds = k kinds
	}
	if (out == "args" && state == "std") {
		for (i = 1; i <= n; i++)
			if (match(type[i], /struct [a-z_A-Z0-9]+/)) {
				s = substr(type[i], RSTART, RLENGTH)
				if (!(s in known)) {
					print s ";"
					known[s] = 1
				}
			}
		if (n > 0)
			printf "struct %s_args {\n%s};\n", name, fields
		else
			printf "struct %s_args {\n\tchar none;\n};\n", name
		printf "int sys_%s(struct thread *, const struct %s_args *);\n\n",
		    name, name
	}
	if (out == "list" && state == "std")
		printf "{ %d, \"%s\", %d, \"%s\" },\n", number, name, n, kinds
	if (out == "table")
		printf "[%d] = { \"%s\", %s, %d, %s, \"%s\" },\n", number, name,
		    (state == "std" ? "(syscall_fn *)sys_" name : "NULL"), n,
		    (state ~ /^(later|no)$/ ? "true" : "false"), kinds
}

END {
	if (out == "args")
		print "#endif"
}
