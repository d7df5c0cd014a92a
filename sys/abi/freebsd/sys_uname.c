/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of the system as programs for release 4 ask for them; newer ones use
 * sysctl(3), and so do these.
 */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "core/sysctl.h"
#include "lib/string.h"

#define NAME_ROOM 256 /* the longest name with its NUL */
#define SYS_NMLN  32  /* of struct utsname's fields, then */

struct utsname {
	char sysname[SYS_NMLN];
	char nodename[SYS_NMLN];
	char release[SYS_NMLN];
	char version[SYS_NMLN];
	char machine[SYS_NMLN];
};

/* A string of sysctl(3)'s, cut to size, up to the end of its line. */
static int
get_name(struct thread *td, int group, int number, char *to, size_t size)
{
	const int name[2] = {group, number};
	char text[NAME_ROOM] = {0}, *end;
	size_t len = sizeof(text) - 1;
	int error;

	error = kern_sysctl(td, name, 2, (uint64_t)text, &len, 0, 0, true);
	if (error != 0 && error != ENOMEM)
		return (error);
	end = strchr(text, '\n');
	if (end != NULL)
		*end = '\0';
	strlcpy(to, text, size);
	return (0);
}

int
sys_freebsd4_uname(struct thread *td, const struct freebsd4_uname_args *a)
{
	struct utsname u = {0};
	int error;

	error = get_name(td, CTL_KERN, KERN_OSTYPE, u.sysname, SYS_NMLN);
	if (error == 0)
		error =
		    get_name(td, CTL_KERN, KERN_HOSTNAME, u.nodename, SYS_NMLN);
	if (error == 0)
		error =
		    get_name(td, CTL_KERN, KERN_OSRELEASE, u.release, SYS_NMLN);
	if (error == 0)
		error =
		    get_name(td, CTL_KERN, KERN_VERSION, u.version, SYS_NMLN);
	if (error == 0)
		error = get_name(td, CTL_HW, HW_MACHINE, u.machine, SYS_NMLN);
	return (error != 0 ? error : copyout(&u, a->name, sizeof(u)));
}

int
sys_freebsd4_getdomainname(
    struct thread *td, const struct freebsd4_getdomainname_args *a)
{
	char text[NAME_ROOM];
	int error;

	if (a->len < 0)
		return (EINVAL);
	error = get_name(td, CTL_KERN, KERN_NISDOMAINNAME, text, sizeof(text));
	return (error != 0 ? error
			   : copyout(text, a->domainname,
				 MIN((size_t)a->len, strlen(text) + 1)));
}

int
sys_freebsd4_setdomainname(
    struct thread *td, const struct freebsd4_setdomainname_args *a)
{
	const int name[2] = {CTL_KERN, KERN_NISDOMAINNAME};
	size_t none = 0;

	if (a->len < 0 || a->len >= NAME_ROOM)
		return (EINVAL);
	return (kern_sysctl(td, name, 2, 0, &none, (uint64_t)a->domainname,
	    (size_t)a->len, false));
}
