# SPDX-License-Identifier: BSD-2-Clause
# What the tests are made of, and make test: tests/README.md.

# Programs of ours for FreeBSD, without a C library.
PROGCFLAGS = -std=gnu17 -O2 -g $(WARN) -ffreestanding -nostdlib -static \
    -fno-pic -no-pie -fno-stack-protector -fno-builtin -mno-red-zone \
    -Wl,--build-id=none -Wl,-z,noexecstack -Isys -Itests/prog -I$(B)/tests/gen
PROGS = $(patsubst %.c,$(B)/%,$(wildcard tests/prog/*.c tests/boot/*.c \
    tests/vm/*.c)) $(B)/tests/disk/disk
$(PROGS): $(B)/%: %.c $(wildcard tests/prog/*.h tests/vm/*.h sys/fbsd/*.h sys/fbsd/num/*.h)
	@mkdir -p $(@D)
	@echo "CC $<"
	@gcc $(PROGCFLAGS) -o $@ $<

$(B)/tests/gen/sweep.inc: sys/abi/freebsd/syscalls.tab tools/mksyscalls.awk
	@mkdir -p $(@D)
	@awk -v out=list -f tools/mksyscalls.awk $< >$@.new && mv $@.new $@
$(B)/tests/prog/sweep $(B)/tests/prog/anycall $(B)/tests/prog/storm: $(B)/tests/gen/sweep.inc

# Those that write and read whole trees, for Imp with the C library; some
# also for Linux, as its initramfs.
DISKHEADERS = $(wildcard tests/disk/*.h)
DISKPROGS = $(addprefix $(B)/tests/disk/,manifest copy torture hostile life \
    many stress pressure fat failing dying stalled ending hold readonly still depth \
    acls iso snapshot grow)
$(DISKPROGS): $(B)/%: %.c $(DISKHEADERS) $(IMPCC)
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(IMPCC) $(BASECFLAGS) -iquote sys -o $@ $<
$(B)/tests/disk/%-linux: tests/disk/%.c $(DISKHEADERS)
	@mkdir -p $(@D)
	@echo "CC $< for Linux"
	@$(CC) $(HOSTCFLAGS) -static -o $@ $<

# Programs of the host: sources and objects are what a rule depends on.
DISKHOST = $(addprefix $(B)/tests/disk/,logdisk faildisk replay mutate \
    fat-mutate fat-cut)
HOSTPROGS = $(DISKHOST) $(B)/tests/fakevm $(B)/tests/pty
$(HOSTPROGS):
	@mkdir -p $(@D)
	@echo "CC $@"
	@$(CC) $(HOSTCFLAGS) -o $@ $(filter %.c %.o,$^)
$(DISKHOST): $(B)/%: %.c $(DISKHEADERS)
$(B)/tests/disk/logdisk $(B)/tests/disk/faildisk: tests/disk/nbd.c
$(B)/tests/disk/replay: tests/disk/judge.c $(filter $(B)/cmd/base/%,$(IMPOBJS))
$(B)/tests/disk/replay $(B)/tests/disk/mutate: \
    $(filter $(B)/cmd/sys/fs/ufs/%,$(IMPOBJS))
$(B)/tests/fakevm $(B)/tests/pty: $(B)/tests/%: tests/imp/%.c

# The kernel's and the base system's own parts, on the host with a sanitizer.
HOSTTEST = clang -std=gnu17 -g -O1 -fno-sanitize-recover=all -Isys \
    -Itests/host -Wno-incompatible-library-redeclaration
comma = ,
SANITIZE = address,undefined
HOSTHEADERS = $(wildcard tests/host/*.h) tests/disk/mutate.h tests/disk/whole.h
PARSERS = sys/amd64/mptable.c sys/amd64/startinfo.c \
    sys/dev/virtio/mmio_cmdline.c sys/host/run_config.c cmd/imp/elf.c
UFSREADERS = $(addprefix sys/fs/ufs/ufs_,super.c inode.c dir.c)

# $(call host_test,NAME,SOURCES,FLAGS,WHAT ELSE IT DEPENDS ON)
define host_test
HOSTTESTS += $(B)/tests/host/$(1)
$(B)/tests/host/$(1): $(2) $(4) $(HOSTHEADERS)
	@mkdir -p $$(@D)
	@echo "CC $$@"
	@$(HOSTTEST) -fsanitize=$(SANITIZE)$(3) -o $$@ $(2)
endef
FUZZED = tests/host/fuzz.c tests/host/fuzz_amd64.c $(PARSERS)
$(eval $(call host_test,fuzz-replay,$(FUZZED), -DREPLAY,sys/lib/elf.c))
$(eval $(call host_test,fuzz,$(FUZZED),$(comma)fuzzer,sys/lib/elf.c))
$(eval $(call host_test,ustar,tests/host/ustar.c sys/fs/tmpfs/ustar.c))
$(eval $(call host_test,ufs,tests/host/ufs.c $(UFSREADERS)))
$(eval $(call host_test,fuzz-ufs,tests/host/fuzz_ufs.c $(UFSREADERS),$(comma)fuzzer))
$(eval $(call host_test,fuzz-iso,tests/host/fuzz_iso.c \
    $(addprefix sys/fs/cd9660/,iso.c iso_susp.c),$(comma)fuzzer))
$(eval $(call host_test,damage,tests/host/damage.c base/fsck/cgroup.c \
    $(UFSREADERS), -iquote sys))
$(eval $(call host_test,journal,tests/host/journal.c base/fsck/cgroup.c \
    $(UFSREADERS), -iquote sys))
$(eval $(call host_test,newfs,$(wildcard base/newfs/*.c) base/fsck/cgroup.c \
    base/fsck/file.c sys/fs/ufs/ufs_super.c, -D_GNU_SOURCE -iquote sys))
FSCKTEST = tests/host/fsck.c $(CHECKER) $(UFSREADERS)
$(eval $(call host_test,fsck,$(FSCKTEST), -D_GNU_SOURCE -iquote sys -DREPLAY,\
    $(wildcard base/fsck/*.h)))
$(eval $(call host_test,fsck-fuzz,$(FSCKTEST),$(comma)fuzzer -D_GNU_SOURCE \
    -iquote sys,$(wildcard base/fsck/*.h)))
$(eval $(call host_test,part,tests/host/part.c $(PARTITIONS) sys/lib/crc32.c))
$(eval $(call host_test,trees,tests/host/trees.c sys/vm/radix.c \
    sys/lib/rbtree.c))

# By the names that tests/needs.sh knows.
$(B)/tests/disk: $(DISKPROGS) $(HOSTPROGS) $(B)/tests/disk/disk \
    $(addprefix $(B)/tests/disk/,manifest-linux torture-linux)
alltests: $(PROGS) $(LIBCTESTS) $(B)/tests/disk $(HOSTTESTS) \
    $(B)/base/root.stamp introff
introff:
	@$(MAKE) --no-print-directory KERNCONF=INTROFF kernel

# make test SUBJECT=ufs: that subject's only.
test: $(DEPS)
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory KERNCONF=TEST kernel
	@$(MAKE) --no-print-directory $(if $(SUBJECT),\
	    $(shell tests/needs.sh $(SUBJECT)),alltests)
	@tests/run.sh $(addprefix -s ,$(SUBJECT)) $(TESTS)

smoke: all $(B)/tests/prog/hello
	@test "$$($(B)/imp run -t 20 $(B)/tests/prog/hello a b)" = "hello$$(printf '\na\nb')"
	@$(B)/imp run -t 20 $(B)/tests/prog/hello 7 >/dev/null; test $$? = 7
	@echo "smoke: ok"

.PHONY: $(B)/tests/disk alltests introff test smoke
