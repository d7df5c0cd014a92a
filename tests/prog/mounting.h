/* SPDX-License-Identifier: BSD-2-Clause */
/* nmount(2) for tests: pairs of strings, and the message that comes back. */
#ifndef TESTS_PROG_MOUNTING_H
#define TESTS_PROG_MOUNTING_H

struct mount_iov {
	const char *base;
	size_t len;
};

static char message[256];

/* `n` strings in pairs; a value may be NULL. */
static inline long
mount_with(const char *const *s, unsigned n)
{
	struct mount_iov iov[32];

	for (unsigned i = 0; i < n; i++)
		iov[i] = (struct mount_iov){
		    s[i], s[i] != NULL ? length(s[i]) + 1 : 0};
	iov[n] = (struct mount_iov){"errmsg", 7};
	iov[n + 1] = (struct mount_iov){message, sizeof(message)};
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
