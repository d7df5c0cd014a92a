# SPDX-License-Identifier: BSD-2-Clause
# make bench: what is measured, and with what.

BENCHPROGS = $(addprefix $(B)/bench/,ops tiny hello scale_proc scale_fork scale_files scale_names scale_cache)
BENCHLINUX = $(addprefix $(B)/bench/,ops-linux tiny-linux disk-linux)
BENCHES = $(BENCHPROGS) $(BENCHLINUX) $(addprefix $(B)/bench/,null count.so disk) \
    $(B)/tests/vm/latency

$(BENCHPROGS) $(BENCHLINUX): bench/bench_freebsd.h bench/bench_linux.h bench/scale.h \
    tests/prog/freebsd.h tests/disk/mounted.h
	@mkdir -p $(@D)
	@gcc $(BENCHCFLAGS) -o $@ $(filter %.c,$^)
$(BENCHPROGS): BENCHCFLAGS = $(PROGCFLAGS) -Ibench
$(addprefix $(B)/bench/,ops tiny scale_proc scale_fork scale_files scale_names scale_cache): $(B)/%: %.c
$(B)/bench/tiny: BENCHCFLAGS += -s
$(B)/bench/hello: tests/prog/hello.c
$(BENCHLINUX): $(B)/%-linux: %.c
$(BENCHLINUX): BENCHCFLAGS = $(HOSTCFLAGS) -static -no-pie
$(B)/bench/ops-linux: BENCHCFLAGS = -std=gnu17 -O2 $(WARN) -DLINUX -static
$(B)/bench/tiny-linux: BENCHCFLAGS = $(PROGCFLAGS) -DLINUX -s

$(B)/bench/null: bench/null.S
	@mkdir -p $(@D)
	@gcc -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	    -Wl,-Ttext=0x100000 -o $@ $<
$(B)/bench/count.so: bench/count.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu17 -O2 $(WARN) -shared -fPIC -fvisibility=hidden -o $@ $<
$(B)/bench/disk: bench/disk.c tests/disk/mounted.h $(IMPCC)
	@mkdir -p $(@D)
	@$(IMPCC) $(BASECFLAGS) -o $@ $<

bench: $(DEPS)
	@$(MAKE) --no-print-directory all $(BENCHES) $(B)/tests/host/newfs
	@$(MAKE) --no-print-directory -s image
	@bench/run.sh
	@bench/scale.sh

.PHONY: bench
