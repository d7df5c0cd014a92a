/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What POSIX wants to know, as far as no part of the kernel says it itself:
 * user.* and p1003_1b.*.
 */
#include "amd64/md.h"
#include "core/sysctl.h"

/* The C library answers for these; the kernel has nothing but the names. */
#define USER(name, number, descr)                                              \
	SYSCTL_CONST_INT(user_##name, "user." #name, number, 0, descr)
SYSCTL_STRING(user_cs_path, "user.cs_path", USER_CS_PATH, CTLFLAG_RD, "", 0,
    "PATH that finds all the standard utilities");
USER(bc_base_max, USER_BC_BASE_MAX, "Max ibase/obase values in bc(1)");
USER(bc_dim_max, USER_BC_DIM_MAX, "Max array size in bc(1)");
USER(bc_scale_max, USER_BC_SCALE_MAX, "Max scale value in bc(1)");
USER(bc_string_max, USER_BC_STRING_MAX, "Max string length in bc(1)");
USER(coll_weights_max, USER_COLL_WEIGHTS_MAX,
    "Maximum number of weights of an LC_COLLATE locale entry");
USER(expr_nest_max, USER_EXPR_NEST_MAX,
    "Maximum depth of parentheses in expr(1)");
USER(line_max, USER_LINE_MAX,
    "Max length (bytes) of a text utility's input line");
USER(re_dup_max, USER_RE_DUP_MAX, "Maximum number of repeats of a regexp");
USER(posix2_version, USER_POSIX2_VERSION,
    "The version of POSIX.2 that the system goes by");
USER(posix2_c_bind, USER_POSIX2_C_BIND, "Are there C bindings");
USER(posix2_c_dev, USER_POSIX2_C_DEV, "Are there C development utilities");
USER(posix2_char_term, USER_POSIX2_CHAR_TERM, "Is there a terminal for vi(1)");
USER(posix2_fort_dev, USER_POSIX2_FORT_DEV,
    "Are there FORTRAN development utilities");
USER(posix2_fort_run, USER_POSIX2_FORT_RUN,
    "Are there FORTRAN runtime utilities");
USER(posix2_localedef, USER_POSIX2_LOCALEDEF, "Can locales be made");
USER(posix2_sw_dev, USER_POSIX2_SW_DEV,
    "Are there software development utilities");
USER(posix2_upe, USER_POSIX2_UPE, "Are there the user portability utilities");
USER(stream_max, USER_STREAM_MAX,
    "Streams that a process may have open at least");
USER(tzname_max, USER_TZNAME_MAX, "Types of time zone names at least");

static char localbase[1024];
SYSCTL_STRING(user_localbase, "user.localbase", USER_LOCALBASE, CTLFLAG_RW,
    localbase, sizeof(localbase), "Prefix of add-on packages");

/* The options' versions; 0: FreeBSD doesn't claim them, though what they are
 * about may be there. */
#define POSIX(name, number, value)                                             \
	SYSCTL_CONST_INT(p1003_1b_##name, "p1003_1b." #name, number, value)
POSIX(mapped_files, CTL_P1003_1B_MAPPED_FILES, 200112);
POSIX(fsync, CTL_P1003_1B_FSYNC, 200112);
POSIX(shared_memory_objects, CTL_P1003_1B_SHARED_MEMORY_OBJECTS, 200112);
POSIX(priority_scheduling, CTL_P1003_1B_PRIORITY_SCHEDULING, 200112);
POSIX(memlock, CTL_P1003_1B_MEMLOCK, 0);
POSIX(memlock_range, CTL_P1003_1B_MEMLOCK_RANGE, 0);
POSIX(memory_protection, CTL_P1003_1B_MEMORY_PROTECTION, 0);
POSIX(prioritized_io, CTL_P1003_1B_PRIORITIZED_IO, 0);
POSIX(synchronized_io, CTL_P1003_1B_SYNCHRONIZED_IO, 0);
POSIX(mq_open_max, CTL_P1003_1B_MQ_OPEN_MAX, 0);
POSIX(pagesize, CTL_P1003_1B_PAGESIZE, PAGE_SIZE);
