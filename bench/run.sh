#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: measures Imp, and Debian's Linux on the same machine type, prints a
# table and writes build/bench/result.json. Counts are guest instructions
# under `-icount shift=0,sleep=off` (one instruction, one nanosecond); wall
# time is only given as a ratio to a kernel that does nothing.
set -eu

out=build/bench
imp=build/imp
icount="--accel tcg --qemu-arg -icount --qemu-arg shift=0,sleep=off"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/results"

say() {
	echo "$*" >&2
}

# result NAME IMP LINUX UNIT
result() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$tmp/results"
}

# Microseconds at a boot step, out of --verbose's output; 1 us is 1000
# instructions.
step() {
	sed -n "s/^\[ *\([0-9]*\) us\] $1.*/\1000/p" "$2"
}

boot() {
	label=$1
	shift
	# shellcheck disable=SC2086 # words
	"$imp" run $icount --verbose "$@" "$out/tiny" 2>"$tmp/boot"
	result "first user instruction, $label" \
	    "$(step 'first user instruction' "$tmp/boot")" "${linux_boot:--}" \
	    instructions
	linux_boot=-
	[ "$label" != "1 CPU, 256 MB" ] ||
	    result "imp run of a program that exits" \
		"$(step 'the program has ended' "$tmp/boot")" - instructions
}

# The quickest of several runs, in nanoseconds.
quickest() {
	best=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		start=$(date +%s%N)
		"$@" >/dev/null 2>&1 || true
		took=$(($(date +%s%N) - start))
		if [ -z "$best" ] || [ "$took" -lt "$best" ]; then
			best=$took
		fi
	done
	echo "$best"
}

linux_kernel() {
	dir=$out/linux
	if [ ! -f "$dir/vmlinuz" ]; then
		package=$(apt-cache depends linux-image-cloud-amd64 |
		    sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
		mkdir -p "$dir"
		(cd "$dir" && apt-get download -q "$package" >/dev/null 2>&1)
		dpkg-deb -x "$dir/$package"*.deb "$dir/root"
		cp "$dir"/root/boot/vmlinuz-* "$dir/vmlinuz"
	fi
	mkdir -p "$dir/initramfs"
	cp "$out/ops-linux" "$dir/initramfs/init"
	cp "$out/tiny-linux" "$dir/initramfs/tiny"
	(cd "$dir/initramfs" && printf 'init\ntiny\n' |
	    cpio -o -H newc --quiet >"../initramfs.cpio")
}

run_linux() {
	timeout 600 qemu-system-x86_64 -M microvm,acpi=off -accel tcg \
	    -icount shift=0,sleep=off -cpu max -m 256m -smp 1 -nodefaults \
	    -no-user-config -display none -no-reboot -serial stdio \
	    -kernel "$out/linux/vmlinuz" -initrd "$out/linux/initramfs.cpio" \
	    -append "console=ttyS0 quiet reboot=t panic=-1" </dev/null |
	    tr -d '\r' >"$1"
}

say "Linux: operations"
if linux_kernel; then
	run_linux "$tmp/linux" || true
else
	: >"$tmp/linux"
fi
linux_boot=$(awk '$1 == "start" { print $2 }' "$tmp/linux")

say "Imp: starting"
boot "1 CPU, 256 MB" -c 1 -m 256m
boot "1 CPU, 8 GB" -c 1 -m 8g
boot "8 CPUs, 256 MB" -c 8 -m 256m

say "Imp: operations"
# shellcheck disable=SC2086 # words
"$imp" run -c 1 $icount -v "$out/tiny:/tmp/tiny" "$out/ops" >"$tmp/imp"
while read -r name value; do
	[ "$name" = start ] && continue
	linux=$(awk -v n="$name" '$1 == n { print $2 }' "$tmp/linux")
	result "$name" "$value" "${linux:--}" instructions
done <"$tmp/imp"

say "wall time"
null=$(quickest "$imp" run -c 1 --kernel "$out/null" "$out/tiny")
full=$(quickest "$imp" run -c 1 "$out/tiny")
result "wall time of imp run, to a kernel that does nothing" \
    "$(awk -v a="$full" -v b="$null" 'BEGIN { printf "%.2f", a / b }')" - ratio

result "kernel, stripped" "$(stat -c %s build/sys/MICROVM/kernel.stripped)" \
    - bytes
for mb in 8 10 12 16; do
	if [ "$("$imp" run -c 1 -t 20 -m ${mb}m "$out/hello" 2>/dev/null)" = \
	    hello ]; then
		result "least memory that runs hello" "$mb" - MB
		break
	fi
done

say "building"
start=$(date +%s%N)
make -s -j2 B="$tmp/build" kernel >/dev/null
result "build of the kernel" "$((($(date +%s%N) - start) / 1000000))" - ms
touch sys/kern/pipe.c
start=$(date +%s%N)
make -s -j2 B="$tmp/build" kernel >/dev/null
result "build after touching one file" \
    "$((($(date +%s%N) - start) / 1000000))" - ms

awk -F'\t' '
function group(n, s) {
	if (n !~ /^[0-9]+$/)
		return n
	while (length(n) > 3) {
		s = "," substr(n, length(n) - 2) s
		n = substr(n, 1, length(n) - 3)
	}
	return n s
}
BEGIN { printf "%-52s %15s %15s  %s\n", "", "Imp", "Linux", "" }
{ printf "%-52s %15s %15s  %s\n", $1, group($2), group($3), $4 }
' "$tmp/results"

awk -F'\t' '
BEGIN { print "[" }
{
	printf "%s  {\"name\": \"%s\", \"imp\": %s, \"linux\": %s, \"unit\": \"%s\"}", \
	    (NR > 1 ? ",\n" : ""), $1, ($2 == "" || $2 == "-" ? "null" : $2), \
	    ($3 == "-" ? "null" : $3), $4
}
END { print "\n]" }
' "$tmp/results" >"$out/result.json"
say "written to $out/result.json"
