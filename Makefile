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

# Every access to memory is preceded by a look at its shadow (core/kasan.h), but
# not in the files that must do without.
ifneq ($(filter KASAN,$(OPTIONS)),)
KASANFLAGS = -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 \
    --param asan-instrumentation-with-call-threshold=100000 \
    --param asan-stack=1 --param asan-globals=1 \
    -fsanitize-address-use-after-scope
endif
UNCHECKED = sys/core/kasan.c sys/amd64/kasan.c sys/amd64/copy_checked.c \
    sys/vm/kmem.c sys/core/lockdebug.c sys/core/introff.c \
    sys/core/callers.c

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
	@$(CC) $(KCFLAGS) $(if $(filter $<,$(UNCHECKED)),,$(KASANFLAGS)) \
	    -MMD -MP -c -o $@ $<

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
# The checker and the maker of file systems, which the base system has, too.
CHECKER = $(filter-out base/fsck/fsck.c,$(wildcard base/fsck/*.c)) base/newfs/format.c
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

DEPS = $(B)/.deps
$(DEPS): tools/deps.sh
	@tools/deps.sh $@

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
	@echo "layers"; tools/layers.sh
	@echo "syscalls"; tools/syscalls.sh | diff docs/syscalls.md -
	@$(MAKE) --no-print-directory -s KERNCONF=TEST kernel
	@echo "sleeps"; tools/sleeps.sh $(B)/sys/TEST/kernel
	@echo "cppcheck"
	@cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --suppressions-list=tools/cppcheck.suppress \
	    --enable=warning,portability --std=c11 -Isys sys cmd $(BASEFOLDERS)
	@echo "shellcheck"; shellcheck -x $(SCRIPTS)
	@echo "mandoc"; mandoc -Tlint -W warning cmd/imp/imp.1 base/*/*.[158]
	@echo "check: ok"

include tests/tests.mk
include bench/bench.mk

clean:
	rm -rf $(B)

-include $(OBJS:.o=.d) $(IMPOBJS:.o=.d)

.PHONY: all kernel buildkernel imp clean run run-bundle check
