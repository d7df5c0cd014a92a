# SPDX-License-Identifier: BSD-2-Clause
# make run, make test, make bench, make check: see README.md.

KERNCONF ?= MICROVM
CC = gcc
B = build
K = $(B)/sys/$(KERNCONF)

WARN = -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
    -Wpointer-arith -Wwrite-strings -Wno-unused-parameter
KCFLAGS = -std=gnu17 -O2 -g $(WARN) -ffreestanding -fno-pic -mcmodel=kernel \
    -mno-red-zone -mgeneral-regs-only -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-strict-aliasing -fwrapv \
    -fno-common -ffunction-sections -fdata-sections \
    -fstack-protector-strong -mstack-protector-guard=global \
    -include $(K)/gen/opt.h -I$(K)/gen -Isys
KLDFLAGS = -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--gc-sections \
    -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
    -T sys/amd64/kernel.ld
ifeq ($(findstring clang,$(CC)),clang)
KLDFLAGS += -Wno-unused-command-line-argument
endif

all: kernel imp

kernel: $(K)/kernel $(K)/kernel.stripped $(K)/kernel-gdb.py
imp: $(B)/imp

# By FreeBSD's name: make buildkernel KERNCONF=FIRECRACKER TARGET=amd64.
TARGET ?= amd64
TARGET_ARCH ?= $(TARGET)
ifneq ($(filter buildkernel,$(MAKECMDGOALS)),)
ifneq ($(TARGET)/$(TARGET_ARCH),amd64/amd64)
$(error TARGET=$(TARGET) TARGET_ARCH=$(TARGET_ARCH): there is only amd64)
endif
endif
buildkernel: kernel
	@echo "$(K)/kernel"

# The configuration decides which sources are in; it is read at every make,
# and writes files.mk and opt.h only if they change.
ifeq ($(filter clean check,$(MAKECMDGOALS)),)
CONFIG := $(shell tools/config.sh $(KERNCONF) $(K) 2>&1 || echo "(failed)")
ifneq ($(CONFIG),)
$(error $(CONFIG))
endif
include $(K)/files.mk
endif

OBJS = $(patsubst %,$(K)/%.o,$(SRCS))
GEN = $(K)/gen/abi/freebsd/sysargs.h $(K)/gen/abi/freebsd/syscalls.inc

$(K)/gen/abi/freebsd/sysargs.h: sys/abi/freebsd/syscalls.tab tools/mksyscalls.awk
	@mkdir -p $(@D)
	awk -v out=args -f tools/mksyscalls.awk $< >$@.new && mv $@.new $@

$(K)/gen/abi/freebsd/syscalls.inc: sys/abi/freebsd/syscalls.tab tools/mksyscalls.awk
	@mkdir -p $(@D)
	awk -v out=table -f tools/mksyscalls.awk $< >$@.new && mv $@.new $@

$(K)/%.c.o: %.c $(K)/gen/opt.h | $(GEN)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(KCFLAGS) -MMD -MP -c -o $@ $<

$(K)/%.S.o: %.S $(K)/gen/opt.h | $(GEN)
	@mkdir -p $(@D)
	@echo "AS $<"
	@$(CC) $(KCFLAGS) -MMD -MP -c -o $@ $<

# Linked twice: the first kernel's symbols go into the second.
$(K)/kernel: $(OBJS) sys/amd64/kernel.ld tools/mkksyms.sh $(K)/files.mk
	@echo "LD $@"
	@$(CC) $(KLDFLAGS) -o $@.1 $(OBJS)
	@tools/mkksyms.sh $@.1 >$(K)/ksyms.S
	@$(CC) -c -o $(K)/ksyms.o $(K)/ksyms.S
	@$(CC) $(KLDFLAGS) -o $@.2 $(OBJS) $(K)/ksyms.o
	@tools/mkksyms.sh $@.2 >$(K)/ksyms.S
	@$(CC) -c -o $(K)/ksyms.o $(K)/ksyms.S
	@$(CC) $(KLDFLAGS) -o $@.2 $(OBJS) $(K)/ksyms.o
	@rm $@.1 && mv $@.2 $@

$(K)/kernel.stripped: $(K)/kernel
	@objcopy -S $< $@

# GDB loads it with the kernel: docs/debugging.md.
$(K)/kernel-gdb.py: tools/gdb/imp.py
	@mkdir -p $(@D)
	@cp $< $@

HOSTCFLAGS = -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE -iquote sys
IMPSRCS = $(wildcard cmd/imp/*.c)
# The kernel's own parts that know nothing of a kernel.
PARTITIONS = $(addprefix sys/disk/part_,bsd.c describe.c gpt.c mbr.c walk.c)
IMPSHARED = sys/fs/ufs/ufs_super.c sys/fs/ufs/ufs_inode.c \
    sys/fs/ufs/ufs_dir.c sys/lib/strerror.c \
    $(PARTITIONS) sys/lib/crc32.c
# The checker of file systems, which the base system has, too.
CHECKER = $(filter-out base/fsck/fsck.c,$(wildcard base/fsck/*.c))
IMPOBJS = $(patsubst %.c,$(B)/%.o,$(IMPSRCS)) $(B)/cmd/imp/shared/tables.o \
    $(patsubst sys/%.c,$(B)/cmd/sys/%.o,$(IMPSHARED)) \
    $(patsubst base/%.c,$(B)/cmd/base/%.o,$(CHECKER))

$(B)/cmd/imp/%.o: cmd/imp/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -iquote sys -MMD -MP -c -o $@ $<

$(B)/cmd/sys/%.o: sys/%.c
	@mkdir -p $(@D)
	@echo "CC $< for the host"
	@$(CC) $(HOSTCFLAGS) -ffreestanding -Isys -MMD -MP -c -o $@ $<

$(B)/cmd/imp/shared/%.o: cmd/imp/shared/%.c
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -ffreestanding -Isys -MMD -MP -c -o $@ $<

$(B)/cmd/base/%.o: base/%.c
	@mkdir -p $(@D)
	@echo "CC $< for the host"
	@$(CC) $(HOSTCFLAGS) -MMD -MP -c -o $@ $<

$(B)/imp: $(IMPOBJS)
	@echo "LD $@"
	@$(CC) -o $@ $(IMPOBJS)

include base/base.mk

# Programs of ours for FreeBSD, without a C library.
PROGCFLAGS = -std=gnu17 -O2 -g $(WARN) -ffreestanding -nostdlib -static \
    -fno-pic -no-pie -fno-stack-protector -fno-builtin -mno-red-zone \
    -Wl,--build-id=none -Wl,-z,noexecstack -Isys -Itests/prog -I$(B)/tests/gen
PROGS = $(patsubst tests/prog/%.c,$(B)/tests/prog/%,$(wildcard tests/prog/*.c))

$(B)/tests/gen/sweep.inc: sys/abi/freebsd/syscalls.tab tools/mksyscalls.awk
	@mkdir -p $(@D)
	@awk -v out=list -f tools/mksyscalls.awk $< >$@.new && mv $@.new $@
$(B)/tests/prog/sweep $(B)/tests/prog/anycall: $(B)/tests/gen/sweep.inc

$(B)/tests/disk/disk: tests/disk/disk.c tests/prog/files.h tests/prog/freebsd.h
	@mkdir -p $(@D)
	@echo "CC $<"
	@gcc $(PROGCFLAGS) -o $@ $<

# Of those that write and read whole trees, for Imp with the C library; some
# also for Linux, as its initramfs.
DISKPROGS = $(addprefix $(B)/tests/disk/,manifest copy torture hostile life \
    many stress pressure fat failing dying ending)
DISKHOST = $(addprefix $(B)/tests/disk/,manifest-linux torture-linux logdisk \
    faildisk replay mutate fat-mutate fat-cut)
$(DISKPROGS): $(B)/tests/disk/%: tests/disk/%.c $(wildcard tests/disk/*.h) \
    $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(IMPCC) $(BASECFLAGS) -o $@ $<
$(B)/tests/disk/%-linux: tests/disk/%.c $(wildcard tests/disk/*.h)
	@mkdir -p $(@D)
	@echo "CC $< for Linux"
	@$(CC) $(HOSTCFLAGS) -static -o $@ $<
# Power cuts and failing disks: the host's side.
$(B)/tests/disk/logdisk $(B)/tests/disk/faildisk: $(B)/tests/disk/%: \
    tests/disk/%.c tests/disk/nbd.c tests/disk/nbd.h tests/disk/log.h \
    tests/disk/faildisk.h
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -o $@ $(filter %.c,$^)
$(B)/tests/disk/replay: tests/disk/replay.c tests/disk/judge.c \
    $(filter $(B)/cmd/sys/fs/ufs/% $(B)/cmd/base/%,$(IMPOBJS)) \
    $(wildcard tests/disk/*.h)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -o $@ $(filter %.c %.o,$^)
$(B)/tests/disk/fat-mutate $(B)/tests/disk/fat-cut: $(B)/tests/disk/%: \
    tests/disk/%.c $(wildcard tests/disk/*.h)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -o $@ $<
# Damaged file systems.
$(B)/tests/disk/mutate: tests/disk/mutate.c $(wildcard tests/disk/*.h) \
    $(filter $(B)/cmd/sys/fs/ufs/%,$(IMPOBJS))
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(HOSTCFLAGS) -o $@ $(filter %.c %.o,$^)

$(B)/tests/prog/%: tests/prog/%.c tests/prog/freebsd.h $(wildcard sys/fbsd/*.h)
	@mkdir -p $(@D)
	@echo "CC $<"
	@gcc $(PROGCFLAGS) -o $@ $<

# The same, for process 1 of a system.
BOOTPROGS = $(patsubst tests/boot/%.c,$(B)/tests/boot/%,$(wildcard tests/boot/*.c))
$(B)/tests/boot/%: tests/boot/%.c tests/prog/freebsd.h $(wildcard sys/fbsd/*.h)
	@mkdir -p $(@D)
	@echo "CC $<"
	@gcc $(PROGCFLAGS) -o $@ $<

PARSERS = sys/lib/elf.c sys/amd64/mptable.c sys/amd64/startinfo.c \
    sys/dev/virtio/mmio_cmdline.c sys/host/run_config.c cmd/imp/elf.c
HOSTTEST = clang -std=gnu17 -g -O1 -fno-sanitize-recover=all -Isys \
    -Itests/host -Wno-incompatible-library-redeclaration
FUZZED = tests/host/fuzz.c tests/host/fuzz_amd64.c \
    $(filter-out sys/lib/elf.c,$(PARSERS))
$(B)/tests/host/fuzz-replay: $(FUZZED) $(PARSERS) tests/host/fuzz.h \
    tests/disk/whole.h
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=address,undefined -DREPLAY -o $@ $(FUZZED)

$(B)/tests/host/fuzz: $(FUZZED) $(PARSERS) tests/host/fuzz.h
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=fuzzer,address,undefined -o $@ $(FUZZED)

$(B)/tests/host/ustar: tests/host/ustar.c sys/fs/tmpfs/ustar.c
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=address,undefined -o $@ $^

# What several of them include.
HOSTINPUT = tests/host/input.h tests/disk/mutate.h tests/disk/whole.h
$(B)/tests/host/ufs: tests/host/ufs.c tests/host/ufs_visit.h \
    tests/disk/whole.h sys/fs/ufs/ufs_super.c \
    sys/fs/ufs/ufs_inode.c sys/fs/ufs/ufs_dir.c
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=address,undefined -o $@ $(filter %.c,$^)

$(B)/tests/host/fuzz-ufs: tests/host/fuzz_ufs.c sys/fs/ufs/ufs_super.c \
    sys/fs/ufs/ufs_inode.c sys/fs/ufs/ufs_dir.c \
    $(HOSTINPUT) tests/host/ufs_visit.h
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=fuzzer,address,undefined -o $@ \
	    $(filter %.c,$^)

UFSREADERS = sys/fs/ufs/ufs_super.c sys/fs/ufs/ufs_inode.c sys/fs/ufs/ufs_dir.c
$(B)/tests/host/damage $(B)/tests/host/journal: $(B)/tests/host/%: \
    tests/host/%.c tests/host/image.h base/fsck/cgroup.c $(UFSREADERS)
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -iquote sys -fsanitize=address,undefined -o $@ \
	    $(filter %.c,$^)

$(B)/tests/host/newfs: $(wildcard base/newfs/*.c) base/fsck/cgroup.c \
    base/fsck/file.c sys/fs/ufs/ufs_super.c
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -D_GNU_SOURCE -iquote sys -fsanitize=address,undefined -o $@ $^

FSCKTEST = tests/host/fsck.c $(CHECKER) $(UFSREADERS)
$(B)/tests/host/fsck: $(FSCKTEST) $(wildcard base/fsck/*.h) $(HOSTINPUT)
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -D_GNU_SOURCE -iquote sys -fsanitize=address,undefined -DREPLAY -o $@ $(FSCKTEST)
$(B)/tests/host/fsck-fuzz: $(FSCKTEST) $(wildcard base/fsck/*.h) $(HOSTINPUT)
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -D_GNU_SOURCE -iquote sys -fsanitize=fuzzer,address,undefined -o $@ $(FSCKTEST)

$(B)/tests/host/part: tests/host/part.c $(PARTITIONS) sys/lib/crc32.c
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=address,undefined -o $@ $^

$(B)/tests/host/trees: tests/host/trees.c sys/vm/radix.c sys/lib/rbtree.c
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(HOSTTEST) -fsanitize=address,undefined -o $@ $^

$(B)/tests/fakevm: tests/imp/fakevm.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTCFLAGS) -o $@ $<

$(B)/tests/pty: tests/imp/pty.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTCFLAGS) -o $@ $<

DEPS = $(B)/.deps
$(DEPS): tools/deps.sh
	@tools/deps.sh $@

test: $(DEPS)
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory KERNCONF=TEST kernel
	@$(MAKE) --no-print-directory $(PROGS) $(BOOTPROGS) $(LIBCTESTS) \
	    $(B)/tests/disk/disk $(DISKPROGS) $(DISKHOST) \
	    $(B)/tests/host/part \
	    $(B)/tests/fakevm $(B)/tests/pty $(B)/tests/host/fuzz-replay $(B)/tests/host/fuzz \
	    $(B)/tests/host/trees $(B)/tests/host/ufs $(B)/tests/host/fuzz-ufs \
	    $(B)/tests/host/damage $(B)/tests/host/journal \
	    $(B)/tests/host/fsck \
	    $(B)/tests/host/fsck-fuzz $(B)/tests/host/newfs \
	    $(B)/tests/host/ustar
	@$(MAKE) --no-print-directory $(B)/base/root.stamp
	@tests/run.sh $(TESTS)

# Imp's own system, from its disk to the login prompt.
run: $(DEPS)
	@$(MAKE) --no-print-directory image
	@echo "Log in as root; there is no password. To leave: shutdown -p now"
	@$(B)/imp boot $(B)/base/disk.raw

# The example: esbuild for FreeBSD bundles some JavaScript.
run-bundle: $(DEPS)
	@$(MAKE) --no-print-directory all
	@examples/bundle/run.sh

SOURCES = $(shell git ls-files '*.c' '*.h')
SCRIPTS = $(shell git ls-files '*.sh' .ci/run)
check: $(DEPS)
	@echo "clang-format"; clang-format --dry-run -Werror $(SOURCES)
	@echo "clang"
	@$(MAKE) --no-print-directory -s CC=clang B=$(B)/clang all
	@$(MAKE) --no-print-directory -s $(IMPCC)
	@for file in $(wildcard base/*/*.c); do \
	    IMP_GCC=clang $(IMPCC) $(BASECFLAGS) -iquote sys -fsyntax-only \
	    $$file || exit 1; done
	@echo "cppcheck"
	@cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --suppressions-list=tools/cppcheck.suppress \
	    --enable=warning,portability --std=c11 -Isys sys cmd $(BASEFOLDERS)
	@echo "shellcheck"; shellcheck -x $(SCRIPTS)
	@echo "mandoc"; mandoc -Tlint -W warning cmd/imp/imp.1 base/*/*.[158]
	@echo "check: ok"

smoke: all $(B)/tests/prog/hello
	@test "$$($(B)/imp run -t 20 $(B)/tests/prog/hello a b)" = "hello$$(printf '\na\nb')"
	@$(B)/imp run -t 20 $(B)/tests/prog/hello 7 >/dev/null; test $$? = 7
	@echo "smoke: ok"

BENCHES = $(addprefix $(B)/bench/,ops tiny hello null count.so \
    ops-linux tiny-linux disk disk-linux)

$(B)/bench/ops: bench/ops.c bench/bench_freebsd.h tests/prog/freebsd.h
	@mkdir -p $(@D)
	@gcc $(PROGCFLAGS) -Ibench -o $@ $<
$(B)/bench/tiny: bench/tiny.c
	@mkdir -p $(@D)
	@gcc $(PROGCFLAGS) -s -o $@ $<
$(B)/bench/hello: tests/prog/hello.c tests/prog/freebsd.h
	@mkdir -p $(@D)
	@gcc $(PROGCFLAGS) -o $@ $<
$(B)/bench/null: bench/null.S
	@mkdir -p $(@D)
	@gcc -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	    -Wl,-Ttext=0x100000 -o $@ $<
$(B)/bench/count.so: bench/count.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -O2 $(WARN) -shared -fPIC -fvisibility=hidden -o $@ $<
$(B)/bench/ops-linux: bench/ops.c bench/bench_linux.h
	@mkdir -p $(@D)
	@gcc -std=gnu17 -O2 $(WARN) -DLINUX -static -o $@ $<
$(B)/bench/tiny-linux: bench/tiny.c
	@mkdir -p $(@D)
	@gcc $(PROGCFLAGS) -DLINUX -s -o $@ $<

$(B)/bench/disk: bench/disk.c tests/disk/mounted.h $(IMPCC)
	@mkdir -p $(@D)
	@$(IMPCC) $(BASECFLAGS) -o $@ $<
$(B)/bench/disk-linux: bench/disk.c tests/disk/mounted.h
	@mkdir -p $(@D)
	@gcc $(HOSTCFLAGS) -static -no-pie -o $@ $<

bench: $(DEPS)
	@$(MAKE) --no-print-directory all $(BENCHES) $(B)/tests/host/newfs
	@$(MAKE) --no-print-directory -s image
	@bench/run.sh

clean:
	rm -rf $(B)

-include $(OBJS:.o=.d) $(IMPOBJS:.o=.d)

.PHONY: all kernel buildkernel imp clean test smoke bench run run-bundle check
