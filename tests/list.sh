#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints the tests: name, subjects, time limit in seconds, command; separated by
# tabs. README.md here tells how to add one.
# What takes longest comes first, so that two run side by side to the end.
set -u

# A limit is for what hangs: so many times what an idle machine needs at most.
patience=6

# t NAME SECONDS COMMAND
t() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$(subjects_of "$1")" $(($2 * patience)) "$3"
}

# What make test SUBJECT=... goes by: without a line here, a name's first part.
subjects_of() {
	case $1 in
	prog/* | debug/*)
		program=${1#*/}
		subject_of_program "${program%%/*}"
		;;
	boot/imp) echo boot tty imp ;;
	boot/*) echo boot tty ;;
	disk/fat*) echo msdosfs ;;
	disk/cuts/* | disk/fsck | disk/hostile-* | disk/imp-* | disk/linux-* | \
		disk/machines | disk/root) echo disk ufs ;;
	host/part) echo host disk ;;
	host/fuzz-ufs | host/newfs | host/ufs) echo host ufs ;;
	host/fsck) echo host fsck ufs ;;
	host/*) echo host kernel ;;
	imp/create | imp/image) echo imp ufs ;;
	imp/fsck) echo imp fsck ufs ;;
	ufs/*/* | ufs/ending | ufs/hold | ufs/life | ufs/many | \
		ufs/pressure | ufs/readonly | ufs/still) echo ufs ;;
	ufs/*) echo ufs "$(subject_of_program "${1#ufs/}")" ;;
	storm/*) echo kernel ;;
	*) echo "${1%%/*}" ;;
	esac
}

# Of a program of tests/prog: without a line here, its own name.
subject_of_program() {
	case $1 in
	attributes | beneath | churn | devrules | fileio | handles | inotify | locks | mounts | \
		names | nullfs | vnotes) echo vfs ;;
	accounting | children | cpusets | crowd | ids | interrupts | kinfo | limits | \
		priorities | procdesc | refs | rights | sharing | setid | sigio | signals | threads) echo proc ;;
	clocks | naps) echo time ;;
	aio | copying | events | knotes | pipes | poll) echo file ;;
	hello | streams | true) echo imp ;;
	absent | anycall | modules | oldcalls | random | storm | sweep | sysctl) echo kernel ;;
	gparts | mdisks) echo disk ;;
	aslr | exhaust | membar | memory | memmodel | memrace | oom | seals) echo vm ;;
	control | datagrams | sockbytes | sockets | sockstorm) echo sockets ;;
	ctty | flood | pty | revoke) echo tty ;;
	ksems | mqueues | sysvmsg | sysvsem | sysvshm) echo ipc ;;
	*) echo "$1" ;;
	esac
}

# The Go standard library's own tests, the slow packages first.
for package in time os/signal os sync encoding/json \
    $(grep -v '^#' tests/go/packages |
	grep -vxE 'time|os/signal|os|sync|encoding/json'); do
	t "go/$package" 300 "tests/go/run.sh $package"
done
t npm/esbuild 120 tests/npm/esbuild.sh
t npm/lefthook 120 tests/npm/lefthook.sh
t npm/lightningcss 120 tests/npm/lightningcss.sh
t npm/pagefind 200 tests/npm/pagefind.sh
t go/exec 120 tests/go/exec.sh

t kernel/kstack-overflow 60 "tests/kpanic.sh build/sys/TEST/kernel kstack_overflow \
    '^fatal trap 8 (double fault)' ' dig+0x' \
    '^panic: kernel stack overflow in thread ktest (pid 0)'"
t kernel/kasan-report 60 "tests/kpanic.sh build/sys/TEST/kernel kasan_report \
    '^kasan: write at kcache_free+0x' 'one of kmem with 100 bytes' \
    'taken by.*kasan_report+0x' 'freed by.*kasan_report+0x' \
    '^panic: kasan: write of a freed object'"
t kernel/sleep-interrupts-off 60 "tests/kpanic.sh build/sys/TEST/kernel \
    sleep_interrupts_off '^panic: interrupts are off at a sleep in a test'"
t kernel/sleep-spin-lock 60 "tests/kpanic.sh build/sys/TEST/kernel \
    sleep_spin_lock 'held: spin lock \"test sleep\" at' \
    '^panic: a spin lock is held at a sleep in sched_maybe_yield'"
t kernel/all 60 'tests/ktest.sh build/sys/TEST/kernel'
t host/fuzz-replay 60 build/tests/host/fuzz-replay
t host/fuzz 120 'build/tests/host/fuzz -seed=1 -runs=100000 -max_len=600'
t host/ustar 60 build/tests/host/ustar
t host/trees 60 build/tests/host/trees
t host/part 60 build/tests/host/part
t imp/buildkernel 300 tests/imp/buildkernel.sh
t imp/interp 60 tests/interp/run.sh
t rtld/abi 120 'tests/rtld/run.sh build/imp build/base/rtld'
t imp/gdb 120 tests/imp/gdb.sh
t imp/image 120 tests/imp/image.sh
t imp/create 120 tests/imp/create.sh
t imp/fsck 400 tests/imp/fsck.sh
t host/fsck 300 tests/host/fsck.sh
t host/newfs 120 tests/host/newfs.sh
t host/ufs 120 tests/host/ufs.sh
t host/fuzz-iso 60 'build/tests/host/fuzz-iso -seed=1 -runs=30000 -max_len=2048 -len_control=0'
t host/fuzz-ufs 120 'tests/host/fuzz_ufs.sh 10000'
for case in linux-reads imp-reads-1 imp-reads-2 imp-writes; do
	t "disk/$case" 300 "tests/disk/foreign.sh build/imp $case"
done
# Maker, seed, processors.
for case in 'newfs 1 2' 'makefs 2 1' 'newfs 3 4'; do
	t "disk/cuts/$(echo "$case" | tr ' ' -)" 200 \
	    "tests/disk/cuts.sh build/imp $case 3000 250"
done
# What was wrong once.
t disk/cuts/newfs-25-2 200 'tests/disk/cuts.sh build/imp newfs 25 2 1000 600'
# One in so many writes fails.
for case in '24 2 2000 250 40' '30 1 2000 250 30'; do
	t "disk/cuts/failing-${case%% *}" 200 "tests/disk/cuts.sh build/imp newfs $case"
done
t disk/machines 200 'tests/disk/machines.sh build/imp 5'
t disk/hostile-1 200 'tests/disk/hostile.sh build/imp 1 1 120'
t disk/hostile-2 200 'tests/disk/hostile.sh build/imp 2 2 120'
for bits in 12 16 32; do
	for case in read write life rules hostile cuts fstab; do
		t "disk/fat$bits-$case" 200 \
		    "tests/disk/fat.sh build/imp build/sys/TEST/kernel $case $bits"
	done
done
t disk/iso 60 'tests/disk/iso.sh build/imp build/sys/TEST/kernel'
t disk/fsck 200 tests/disk/fsck.sh
t disk/root 200 'tests/disk/root.sh build/sys/MICROVM/kernel.stripped'
for case in pattern-1 pattern-2 pattern-4 modern rules small-queue sectors \
    readonly large errors several gpt gpt-backup gpt-damaged mbr bsd; do
	t "disk/$case" 200 \
	    "tests/disk/run.sh build/imp build/tests/disk/disk $case"
done
t tools/deps 20 tests/deps.sh
t imp/relay 60 'tests/imp/relay.sh build/imp build/tests/fakevm build/tests/prog/true'
t imp/guest 120 'tests/imp/guest.sh build/imp build/tests/prog/streams build/tests/prog/ids build/tests/pty'
t boot/session 400 'tests/boot/session.sh build/sys/MICROVM/kernel.stripped build/tests/boot/init build/tests/pty'
t boot/flood 200 'tests/boot/flood.sh build/imp build/tests/boot/init'
t debug/flood 300 'tests/boot/flood.sh build/imp build/tests/boot/init --kernel build/sys/TEST/kernel'
t boot/imp 300 'tests/boot/boot.sh build/imp build/tests/boot/init build/tests/pty'

t vm/latency 40 'tests/vm/latency.sh build/imp 64 320m'
t vm/walks 30 'tests/vm/walks.sh build/imp 2000'
t vm/pagein/1-cpu 60 'tests/vm/pagein.sh build/imp 1'
t vm/pagein/2-cpus 60 'tests/vm/pagein.sh build/imp 2'
# In instructions, of which the checks take several for each of the kernel's own.
t vm/introff 90 'tests/vm/introff.sh build/imp build/sys/INTROFF/kernel 100000 100'
t vm/introff/checked 60 'tests/vm/introff.sh build/imp build/sys/TEST/kernel 200000 10'
t vm/latency/reclaim 40 'tests/vm/latency.sh build/imp 48 130m'

for file in tests/prog/*.c; do
	name=$(basename "$file" .c)
	for cpus in 1 2 4; do
		t "prog/$name/$cpus-cpus" 150 \
		    "build/imp run -t 840 -c $cpus build/tests/prog/$name"
	done
	# With the checks of locks and memory.
	t "debug/$name" 150 \
	    "build/imp run -t 840 -c 2 --kernel build/sys/TEST/kernel build/tests/prog/$name"
done

# Seed, calls, processors.
for case in '11 10000 1' '12 10000 2' '13 10000 4' '14 10000 1' '15 10000 2' \
    '16 10000 4'; do
	t "storm/${case%% *}" 60 "tests/storm.sh $case"
done

# What concerns files, on a disk; fsck judges what is left there.
for name in fileio names handles locks memory nullfs oldcalls vnotes beneath \
    seals sockets events mounts aio; do
	t "ufs/$name" 150 "tests/disk/onufs.sh build/sys/TEST/kernel \
	    build/tests/prog/$name"
done
life='tests/disk/life.sh build/imp'
t ufs/many 120 "$life build/sys/MICROVM/kernel.stripped many 420m 101000 32m"
t ufs/life 120 "$life build/sys/TEST/kernel life 12m 600 64m"
t ufs/life/4096-512 120 \
    "$life build/sys/MICROVM/kernel.stripped life 12m 600 64m 4096 512"
t ufs/life/65536-8192 120 \
    "$life build/sys/MICROVM/kernel.stripped life 12m 600 64m 65536 8192"
t ufs/ending 120 "$life build/sys/TEST/kernel ending 12m 600 64m"
t ufs/acls 120 "$life build/sys/TEST/kernel acls 12m 600 64m"
t ufs/acls/4096-512 120 \
    "$life build/sys/MICROVM/kernel.stripped acls 12m 600 64m 4096 512"
t ufs/snapshot 30 "$life build/sys/TEST/kernel snapshot 12m 600 64m"
t ufs/grow 60 'tests/disk/grow.sh build/imp build/sys/TEST/kernel'
t ufs/still 120 tests/disk/still.sh
t ufs/readonly 30 "$life build/sys/TEST/kernel readonly 12m 600 64m"
t ufs/depth 30 "$life build/sys/TEST/kernel depth 12m 600 64m"
t ufs/pressure 120 "$life build/sys/TEST/kernel pressure 64m 600 24m"
t ufs/pressure/4096-512 120 \
    "$life build/sys/MICROVM/kernel.stripped pressure 64m 600 24m 4096 512"
t ufs/hold 120 "$life build/sys/MICROVM/kernel.stripped hold 96m 600 512m \
    32768 4096 throttling.bps-write=16777216"
stress='tests/disk/stress.sh build/imp build/sys'
faults='write 600 write 1200 read 1000 flush 1 flush 2 write 400 write 384'
faults="$faults write 384 read 384 write 2000 write 1999 write 640 read 640"
for case in '1 64m 8m' '2 26m 4m' '4 32m 8m'; do
	# shellcheck disable=SC2086 # words
	set -- $case
	t "ufs/stress/$1-cpus" 160 "$stress/TEST/kernel $case '4096 512' '$1 4 3 150'"
	t "ufs/stress/$1-cpus/remount" 160 \
	    "$stress/TEST/kernel $case '8192 1024' '$1 4 3 150 200000 remount'"
	t "ufs/stress/$1-cpus/full" 160 \
	    "$stress/MICROVM/kernel.stripped $1 64m 2m '4096 512' '$1 3 3 150 900000'"
	t "ufs/stress/$1-cpus/faults" 160 \
	    "$stress/TEST/kernel $case '32768 4096' '$1 3 3 100' '$faults'"
	t "ufs/stress/$1-cpus/reads" 160 \
	    "$stress/TEST/kernel $case '4096 512' '$1 3 3 60 500000' 'some 150'"
done
failing='tests/disk/failing.sh build/imp build/sys/TEST/kernel'
for case in 'cut 4096 512' 'removal 4096 512' 'ahead 4096 512' \
    'names 32768 32768' 'folder 32768 32768'; do
	t "ufs/failing/${case%% *}" 120 "$failing failing $case"
done
for case in forced readonly bounded flood fat; do
	t "ufs/dying/$case" 120 "$failing dying $case 4096 512"
done
for case in killed gone beside forking writing raw look change; do
	t "ufs/stalled/$case" 40 "$failing stalled $case 4096 4096"
done
for case in killed beside look change; do
	t "disk/fat-stalled/$case" 40 "$failing stalled fat-$case 4096 512"
done
for sizes in '4096 512' '8192 1024' '16384 2048' '65536 8192' '8192 8192'; do
	for name in fileio names; do
		t "ufs/$name/$(echo "$sizes" | tr ' ' -)" 150 \
		    "tests/disk/onufs.sh build/sys/MICROVM/kernel.stripped \
		    build/tests/prog/$name $sizes"
	done
done
t ufs/churn 150 "tests/disk/onufs.sh build/sys/TEST/kernel \
    build/tests/prog/churn 8192 1024 -smp 4"

for file in tests/libc/*.c; do
	name=$(basename "$file" .c)
	for cpus in 1 4; do
		t "libc/$name/$cpus-cpus" 60 \
		    "build/imp run -t 340 -c $cpus build/tests/libc/$name"
	done
done

t base/brand 60 'tests/base/brand.sh build/bin/imp-cc'
t base/sh 120 'tests/base/sh.sh build/imp build/base/root'
t base/login 400 'tests/base/login.sh build/imp build/base/root build/tests/pty build/sys/TEST/kernel'
t base/repair 200 'tests/base/repair.sh build/imp build/base/root build/tests/pty'
t base/tools 120 'tests/base/tools.sh build/imp build/base/root'
