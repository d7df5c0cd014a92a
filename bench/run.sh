#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh: measures Imp, and Debian's Linux on the same machine type, prints a
# table and writes build/bench/result.json. Counts are guest instructions
# under `-icount shift=0,sleep=off`. Those of the start are counted one by one
# (count.c), on all processors together; the others, within one program and on
# one processor, are read off the clock, one nanosecond each. Wall time is that
# of this machine, with what else runs on it: the ratio is what says something.
set -eu

out=build/bench
imp=build/imp
qemu=${IMP_QEMU:-qemu-system-x86_64}
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

# The address of a symbol in the kernel.
symbol() {
	nm build/sys/MICROVM/kernel | awk -v n="$1" '$3 == n { print "0x" $1 }'
}

# entry FILE: an ELF file's entry point.
entry() {
	readelf -h "$1" | awk '/Entry point/ { print $NF }'
}

# count ARGUMENT...: runs tiny, and writes the guest instructions from PVH entry
# to $tmp/count: "user N" at the program's first instruction, and "end N" each
# time that the kernel waits for output to be taken, the last time when it has
# said that the program ended. With -icount the clock's calibration takes so
# many instructions and not as many as this machine is fast.
count() {
	plugin=$out/count.so,out=$tmp/count,start=0x100000
	plugin=$plugin,mark=user:$(entry "$out/tiny")
	plugin=$plugin,mark=end:$(symbol vport_drain)
	# shellcheck disable=SC2086 # words
	"$imp" run $icount --qemu-arg -plugin --qemu-arg "$plugin" "$@" \
	    "$out/tiny"
}

boot() {
	label=$1
	shift
	count "$@"
	result "first user instruction, $label" \
	    "$(awk '$1 == "user" { print $2 }' "$tmp/count")" \
	    "${linux_boot:--}" instructions
	linux_boot=-
}

now() {
	date +%s%N
}

# median FILE: of the numbers in it, one a line.
median() {
	sort -n "$1" | awk '{ v[NR] = $1 }
	    END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Of $tmp/null and $tmp/full, nanoseconds: the medians in milliseconds, and their
# ratio.
medians() {
	echo "$(median "$tmp/null") $(median "$tmp/full")" |
	    awk '{ printf "%.1f %.1f %.2f\n", $1 / 1e6, $2 / 1e6, $2 / $1 }'
}

# The wall time of imp run with a program that exits, and with the kernel that
# does nothing, by turns, so that both see the same load; prints medians.
wall_times() {
	: >"$tmp/null"
	: >"$tmp/full"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		start=$(now)
		"$imp" run -c 1 --kernel "$out/null" "$out/tiny" \
		    >/dev/null 2>&1 || true
		middle=$(now)
		"$imp" run -c 1 "$out/tiny"
		end=$(now)
		echo "$((middle - start))" >>"$tmp/null"
		echo "$((end - middle))" >>"$tmp/full"
	done
	medians
}

# Debian's kernel with a program as its initramfs, and what that runs.
linux_kernel() {
	tests/linux/kernel.sh linux-image-cloud-amd64 "$out/ops-linux" \
	    "$out/linux" || return 1
	cp "$out/tiny-linux" "$out/linux/root/tiny"
	(cd "$out/linux/root" && printf 'init\ntiny\n' |
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

# With disks Linux needs ACPI, to find them, and then to be told the rate of
# the time-stamp counter. sleep=off would let its clock run ahead, and count the
# work of its timers.
run_linux_disk() {
	timeout 600 qemu-system-x86_64 -M microvm,pit=on,pic=on -accel tcg \
	    -icount shift=0 -cpu max -m 1g -smp 1 -nodefaults \
	    -no-user-config -display none -no-reboot -serial stdio \
	    -kernel "$out/linux-disk/vmlinuz" \
	    -initrd "$out/linux-disk/initrd" \
	    -append "console=ttyS0 quiet tsc_early_khz=1000000 reboot=t panic=-1" \
	    -drive "id=d0,if=none,format=raw,cache=unsafe,file=$1" \
	    -device virtio-blk-device,drive=d0 \
	    -plugin "$(disk_plugin "$out/disk-linux")" </dev/null |
	    tr -d '\r' >"$2"
}

run_imp_disk() {
	"$imp" run -c 1 -m 1g --accel tcg --qemu-arg -icount \
	    --qemu-arg shift=0 --qemu-arg -drive \
	    --qemu-arg "id=d0,if=none,format=raw,cache=unsafe,file=$1" \
	    --qemu-arg -device --qemu-arg virtio-blk-device,drive=d0 \
	    --qemu-arg -plugin --qemu-arg "$(disk_plugin "$out/disk")" \
	    "$out/disk" >"$2"
}

# disk_plugin PROGRAM: counts from its first instruction, says where mark() is.
disk_plugin() {
	echo "$out/count.so,out=$tmp/count,start=$(entry "$1"),mark=mark:$(nm "$1" |
	    awk '$3 == "mark" { print "0x" $1 }')"
}

# disk_costs OUTPUT: "name instructions" of each operation, of what is between
# two marks each.
disk_costs() {
	awk 'NR == FNR { at[NR] = $2; next }
	    $2 ~ /^[0-9]+$/ && NF == 2 {
		n += 2
		printf "%s %d\n", $1, (at[n] - at[n - 1]) / $2
	    }' "$tmp/count" "$1"
}

# Files on a disk of 512 MB: UFS2 and ext4.
disks() {
	: >"$tmp/linux-disk"
	say "Linux: a disk"
	truncate -s 512M "$tmp/disk.raw"
	/sbin/mke2fs -q -t ext4 -F "$tmp/disk.raw"
	if tests/linux/kernel.sh linux-image-cloud-amd64 "$out/disk-linux" \
	    "$out/linux-disk" virtio_mmio virtio_blk ext4; then
		run_linux_disk "$tmp/disk.raw" "$tmp/lines" || true
		disk_costs "$tmp/lines" >"$tmp/linux-disk"
	fi
	say "Imp: a disk"
	rm "$tmp/disk.raw"
	truncate -s 512M "$tmp/disk.raw"
	build/tests/host/newfs "$tmp/disk.raw" >/dev/null
	run_imp_disk "$tmp/disk.raw" "$tmp/lines"
	disk_costs "$tmp/lines" >"$tmp/imp-disk"
	rm "$tmp/disk.raw"
	while read -r name value; do
		linux=$(awk -v n="$name" '$1 == n { print $2 }' \
		    "$tmp/linux-disk")
		result "$name" "$value" "${linux:--}" instructions
	done <"$tmp/imp-disk"
}

# boot_disk KERNEL [QEMU-ARG...]: boots $disk, and returns when the serial line
# has said "login:", or the machine ended, or after $patience hundredths of a
# second.
disk=build/base/disk.raw
patience=3000
machine=microvm,acpi=off,pit=off,pic=off,rtc=off
boot_disk() {
	rm -f "$tmp/serial"
	: >"$tmp/serial"
	"$qemu" -M "$machine" -accel tcg \
	    -cpu max -m 256m -smp 1 -nodefaults -no-user-config \
	    -display none -no-reboot -serial "file:$tmp/serial" \
	    -append "vfs.root.mountfrom=ufs:/dev/vtbd0p4" \
	    -drive "id=d0,if=none,format=raw,snapshot=on,file=$disk" \
	    -device virtio-blk-device,drive=d0 -kernel "$@" \
	    </dev/null >/dev/null 2>&1 &
	pid=$!
	n=0
	until grep -q 'login:' "$tmp/serial" || [ $n = $patience ] ||
	    ! kill -0 $pid 2>/dev/null; do
		sleep 0.01
		n=$((n + 1))
	done
}

end_disk() {
	kill $pid 2>/dev/null || true
	wait $pid || true
}

# What was executed when QEMU ended.
executed() {
	awk '$1 == "exit" { print $2 }' "$tmp/count"
}

login() {
	plugin=$out/count.so,out=$tmp/count,start=0x100000
	boot_disk build/sys/MICROVM/kernel.stripped -icount shift=0 \
	    -plugin "$plugin"
	end_disk
	result "login:, from PVH entry, UFS2 disk" "$(executed)" - instructions
}

# A machine with no more memory than this, kernel and all, gets there.
login_memory() {
	least=-
	for mb in 32 24 16 12 10 8; do
		boot_disk build/sys/MICROVM/kernel.stripped -m ${mb}m
		end_disk
		grep -q 'login:' "$tmp/serial" || break
		least=$mb
	done
	result "least memory to login: (of 8, 10, 12, 16, 24, 32)" "$least" - MB
}

# Timer interrupts while nobody types there, from a second after it on.
login_idle() {
	boot_disk build/sys/MICROVM/kernel.stripped -plugin \
	    "$out/count.so,out=$tmp/count,start=0x100000,mark=timer:$(symbol clock_interrupt)"
	sleep 1
	before=$(grep -c timer "$tmp/count")
	sleep 10
	after=$(grep -c timer "$tmp/count")
	end_disk
	result "timer interrupts in 10 s at the prompt" "$((after - before))" - ""
}

# The wall time to it, by turns with the kernel that does nothing.
login_times() {
	: >"$tmp/null"
	: >"$tmp/full"
	for _ in 1 2 3 4 5 6 7 8 9; do
		start=$(now)
		boot_disk "$out/null"
		middle=$(now)
		end_disk
		again=$(now)
		boot_disk build/sys/MICROVM/kernel.stripped
		end=$(now)
		end_disk
		echo "$((middle - start))" >>"$tmp/null"
		echo "$((end - again))" >>"$tmp/full"
	done
	medians
}

# cpu_time KERNEL: seconds of this machine's processors until "login:" of $disk,
# or - if it doesn't come.
cpu_time() {
	boot_disk "$1"
	if grep -q 'login:' "$tmp/serial"; then
		awk -v hz="$(getconf CLK_TCK)" \
		    '{ sub(/.*\) /, ""); printf "%.1f\n", ($12 + $13) / hz }' \
		    "/proc/$pid/stat"
	else
		echo -
	fi
	end_disk
}

# A FreeBSD image, and with what its own kernel needs there: files that whoever
# measures has, in IMAGE and IMAGE_KERNEL.
image_login() {
	if [ -z "${IMAGE:-}" ]; then
		say "no FreeBSD image is measured: none is given by IMAGE=FILE"
		return
	fi
	say "Imp: $IMAGE to its login prompt"
	disk=$IMAGE patience=60000
	result "login: of a FreeBSD image, processor time" \
	    "$(cpu_time build/sys/MICROVM/kernel.stripped)" - s
	machine=microvm,acpi=off
	[ -z "${IMAGE_KERNEL:-}" ] ||
		result "  by the kernel $IMAGE_KERNEL" \
		    "$(cpu_time "$IMAGE_KERNEL")" - s
}

# wall_results NULL FULL MEDIANS: what the two are called.
wall_results() {
	times=${3#* }
	result "$1" "${3%% *}" - ms
	result "$2" "${times%% *}" - ms
	result "the ratio of these two" "${times#* }" - ratio
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
count -c 1
result "imp run of a program that exits" \
    "$(awk '$1 == "end" { n = $2 } END { print n }' "$tmp/count")" - \
    instructions

say "Imp: operations"
# shellcheck disable=SC2086 # words
"$imp" run -c 1 $icount -v "$out/tiny:/tmp/tiny" "$out/ops" >"$tmp/imp"
while read -r name value; do
	[ "$name" = start ] && continue
	linux=$(awk -v n="$name" '$1 == n { print $2 }' "$tmp/linux")
	result "$name" "$value" "${linux:--}" instructions
done <"$tmp/imp"

disks
say "Imp: to the login prompt"
login
login_memory
login_idle
wall_results "a kernel that does nothing, with that disk" \
    "login:, wall time" "$(login_times)"
image_login

say "wall time"
wall_results "imp run of a kernel that does nothing" \
    "imp run of a program that exits, wall time" "$(wall_times)"

result "kernel, stripped" "$(stat -c %s build/sys/MICROVM/kernel.stripped)" \
    - bytes
for mb in 16 12 10 8; do
	[ "$("$imp" run -c 1 -t 20 -m ${mb}m "$out/hello" 2>/dev/null)" = \
	    hello ] || break
	least=$mb
done
result "least memory that runs hello (of 8, 10, 12, 16)" "${least:--}" - MB

say "building"
start=$(date +%s%N)
make -s -j2 B="$tmp/build" kernel >/dev/null
result "build of the kernel from nothing, 2 jobs" "$((($(date +%s%N) - start) / 1000000))" - ms
touch sys/ipc/pipe.c
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
