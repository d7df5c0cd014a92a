# SPDX-License-Identifier: BSD-2-Clause
# The base system: the C library and what is built with it. Nothing else
# depends on this; third_party/source.sh gets the upstream sources.

LIBC = $(B)/base/libc/lib/libc.a
IMPCC = $(B)/bin/imp-cc

$(LIBC): $(shell find base/libc -type f) third_party/debian.list
	@echo "LIBC $@"
	@musl=$$(third_party/source.sh musl) && \
	    base/libc/build.sh $$musl $(B)/base/libc

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
