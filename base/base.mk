# SPDX-License-Identifier: BSD-2-Clause
# The base system: the C library and what is built with it. Nothing else
# depends on this; third_party/source.sh gets the upstream sources.

LIBC = $(B)/base/libc/lib/libc.a
IMPCC = $(B)/bin/imp-cc

LIBCSRCS = $(shell find base/libc -type f) third_party/debian.list \
    sys/fbsd/errno.h $(wildcard sys/fbsd/num/*.h) \
    $(wildcard third_party/patches/musl-*)
$(LIBC): $(LIBCSRCS)
	@echo "LIBC $@"
	@musl=$$(third_party/source.sh musl) && \
	    base/libc/build.sh $$musl $(B)/base/libc

# What dynamically linked programs need: make rtld.
rtld: $(B)/base/rtld/ld-elf.so.1
RTLD = $(B)/base/rtld/ld-elf.so.1
$(RTLD): $(LIBCSRCS)
	@echo "RTLD $@"
	@musl=$$(third_party/source.sh musl) && \
	    base/libc/shared.sh $$musl $(B)/base/rtld

$(IMPCC): base/imp-cc.sh $(LIBC)
	@mkdir -p $(@D)
	@cp base/imp-cc.sh $@

BASECFLAGS = -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE

LIBCTESTS = $(patsubst tests/libc/%.c,$(B)/tests/libc/%,\
    $(wildcard tests/libc/*.c))
$(B)/tests/libc/%: tests/libc/%.c tests/libc/check.h $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(IMPCC) $(BASECFLAGS) -o $@ $<

$(B)/base/sh/sh: base/sh/build.sh sys/fbsd/num/signal.h $(IMPCC)
	@echo "SH $@"
	@dash=$$(third_party/source.sh dash) && \
	    IMPCC=$(IMPCC) base/sh/build.sh $$dash $(@D)

$(B)/base/toybox/toybox: base/toybox/build.sh base/toybox/commands $(IMPCC)
	@echo "TOYBOX $@"
	@toybox=$$(third_party/source.sh toybox) && \
	    IMPCC=$(IMPCC) base/toybox/build.sh $$toybox $(@D)

# Ours: one folder, one source file, one program, and its manual page.
BASEFOLDERS = $(sort $(dir $(wildcard base/*/*.c)))
BASEPROGS = $(patsubst base/%.c,$(B)/base/%,\
    $(filter-out base/fsck/% base/newfs/%,$(wildcard base/*/*.c)))
$(BASEPROGS): $(B)/base/%: base/%.c $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(IMPCC) $(BASECFLAGS) -o $@ $<

# The checker and the readers of UFS, which the host has, too.
FSCKOBJS = $(patsubst %.c,$(B)/base/obj/%.o,$(wildcard base/fsck/*.c) \
    sys/fs/ufs/ufs_super.c sys/fs/ufs/ufs_inode.c sys/fs/ufs/ufs_dir.c)
$(B)/base/obj/base/%.o: base/%.c $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(IMPCC) $(BASECFLAGS) -iquote sys -MMD -MP -c -o $@ $<
$(B)/base/obj/sys/%.o: sys/%.c $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $< for the base system"
	@$(IMPCC) $(BASECFLAGS) -ffreestanding -Isys -MMD -MP -c -o $@ $<
$(B)/base/fsck/fsck: $(FSCKOBJS)
	@mkdir -p $(@D)
	@echo "LD $@"
	@$(IMPCC) -o $@ $(FSCKOBJS)
NEWFSOBJS = $(patsubst %.c,$(B)/base/obj/%.o,$(wildcard base/newfs/*.c) \
    base/fsck/cgroup.c base/fsck/file.c sys/fs/ufs/ufs_super.c)
$(B)/base/newfs/newfs: $(NEWFSOBJS)
	@mkdir -p $(@D)
	@echo "LD $@"
	@$(IMPCC) -o $@ $(NEWFSOBJS)
BASEPROGS += $(B)/base/fsck/fsck $(B)/base/newfs/newfs
-include $(FSCKOBJS:.o=.d) $(NEWFSOBJS:.o=.d)

# The root file system, as a folder.
base: $(DEPS)
	@$(MAKE) --no-print-directory $(B)/base/root.stamp

$(B)/base/root.stamp: base/root.sh $(wildcard base/*.sh) $(RTLD) $(B)/base/sh/sh $(B)/base/toybox/toybox \
    $(BASEPROGS) $(wildcard base/etc/* base/*/*.[158])
	@echo "ROOT $(B)/base/root"
	@base/root.sh $(B)/base $(B)/base/root
	@touch $@

# And on a disk. What a machine wrote on it stays until the base changes.
image: $(DEPS)
	@$(MAKE) --no-print-directory -s all $(B)/base/root.stamp
	@$(MAKE) --no-print-directory -s $(B)/base/disk.raw

$(B)/base/disk.raw: $(B)/base/root.stamp
	@echo "IMAGE $@"
	@$(B)/imp image create -o $@ -s 256m $(B)/base/root

.PHONY: base image rtld
