/* SPDX-License-Identifier: BSD-2-Clause */
/* nmount(2) for tests: pairs of strings, and the message that comes back. */
#ifndef TESTS_PROG_MOUNTING_H
#define TESTS_PROG_MOUNTING_H

static char message[256];

/* `n` strings in pairs; a value may be NULL. */
static inline long
mount_with(const char *const *s, unsigned n)
{
	struct iovec iov[32];

	for (unsigned i = 0; i < n; i++)
		iov[i] =
		    (struct iovec){s[i], s[i] != NULL ? length(s[i]) + 1 : 0};
	iov[n] = (struct iovec){"errmsg", 7};
	iov[n + 1] = (struct iovec){message, sizeof(message)};
	return (SYS(SYS_nmount, iov, n + 2, 0));
}

#define MOUNT(type, on, ...)                                                   \
	({                                                                     \
		const char *const strings_[] = {                               \
		    "fstype", (type), "fspath", (on), __VA_ARGS__};            \
		const unsigned n_ = sizeof(strings_) / sizeof(strings_[0]);    \
		mount_with(strings_, n_ & ~1u);                                \
	})

#endif
