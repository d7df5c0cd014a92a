/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a debug kernel, what comes before a copy from or to user memory
 * (copy.S): no spin lock is held, even if no page has to be waited for this
 * time, and the kernel's side of it may be touched.
 */
#include "amd64/md.h"

#if defined(OPT_KASAN) || defined(OPT_LOCKDEBUG)
#include "lib/string.h"
#include "core/kasan.h"
#include "core/lockdebug.h"

int md_copyin(const void __user *uaddr, void *kaddr, size_t len);
int md_copyout(const void *kaddr, void __user *uaddr, size_t len);
int md_copyinstr(
    const void __user *uaddr, char *kaddr, size_t max, size_t *len);
int md_zero_user(void __user *uaddr, size_t len);
int md_fueword32(const void __user *uaddr, uint32_t *val);
int md_fueword64(const void __user *uaddr, uint64_t *val);
int md_suword32(void __user *uaddr, uint32_t val);
int md_suword64(void __user *uaddr, uint64_t val);
int md_casueword32(
    void __user *uaddr, uint32_t old, uint32_t *seen, uint32_t new);
int md_casueword64(
    void __user *uaddr, uint64_t old, uint64_t *seen, uint64_t new);

int
copyin(const void __user *uaddr, void *kaddr, size_t len)
{
	assert_may_sleep(__func__);
	kasan_check_write(kaddr, len);
	return (md_copyin(uaddr, kaddr, len));
}

int
copyout(const void *kaddr, void __user *uaddr, size_t len)
{
	assert_may_sleep(__func__);
	kasan_check_read(kaddr, len);
	return (md_copyout(kaddr, uaddr, len));
}

int
copyinstr(const void __user *uaddr, char *kaddr, size_t max, size_t *len)
{
	assert_may_sleep(__func__);
	kasan_check_write(kaddr, max);
	if (len != NULL)
		kasan_check_write(len, sizeof(*len));
	return (md_copyinstr(uaddr, kaddr, max, len));
}

int
zero_user(void __user *uaddr, size_t len)
{
	assert_may_sleep(__func__);
	return (md_zero_user(uaddr, len));
}

int
fueword32(const void __user *uaddr, uint32_t *val)
{
	assert_may_sleep(__func__);
	kasan_check_write(val, sizeof(*val));
	return (md_fueword32(uaddr, val));
}

int
fueword64(const void __user *uaddr, uint64_t *val)
{
	assert_may_sleep(__func__);
	kasan_check_write(val, sizeof(*val));
	return (md_fueword64(uaddr, val));
}

int
suword32(void __user *uaddr, uint32_t val)
{
	assert_may_sleep(__func__);
	return (md_suword32(uaddr, val));
}

int
suword64(void __user *uaddr, uint64_t val)
{
	assert_may_sleep(__func__);
	return (md_suword64(uaddr, val));
}

int
casueword32(void __user *uaddr, uint32_t old, uint32_t *seen, uint32_t new)
{
	assert_may_sleep(__func__);
	kasan_check_write(seen, sizeof(*seen));
	return (md_casueword32(uaddr, old, seen, new));
}

int
casueword64(void __user *uaddr, uint64_t old, uint64_t *seen, uint64_t new)
{
	assert_may_sleep(__func__);
	kasan_check_write(seen, sizeof(*seen));
	return (md_casueword64(uaddr, old, seen, new));
}
#endif
