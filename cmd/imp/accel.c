/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Which accelerator QEMU shall use.
 *
 * That /dev/kvm exists means little: inside some virtual machines it is there,
 * can be opened, and then runs a guest a thousand times slower than software
 * emulation until it fails.  So it is used only if the CPU says that it has
 * the instructions, and a machine with a CPU can really be made.
 */

#include <err.h>
#include <string.h>

#include "imp.h"

#ifdef __linux__
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Does the line "flags" of /proc/cpuinfo have VT-x or AMD-V? */
static bool
cpu_virtualises(void)
{
	/* One CPU's lines are enough, and come first. */
	char text[8192], *flags, *end;
	ssize_t n;
	int fd;

	fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (false);
	n = read(fd, text, sizeof(text) - 2);
	close(fd);
	if (n <= 0)
		return (false);
	text[n] = '\0';
	flags = strstr(text, "\nflags");
	if (flags == NULL)
		return (false);
	end = strchrnul(flags + 1, '\n');
	/* So that the last word ends in a blank too. */
	*end++ = ' ';
	*end = '\0';
	return (
	    strstr(flags, " vmx ") != NULL || strstr(flags, " svm ") != NULL);
}

/* Returns NULL if a machine with one CPU can be made, else what failed. */
static const char *
kvm_try(int kvm)
{
	const char *reason = NULL;
	int vm, cpu;

	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return ("its interface is another version");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return ("it can't make a machine");
	cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (cpu < 0)
		reason = "it can't make a CPU";
	else
		close(cpu);
	close(vm);
	return (reason);
}

/* Returns NULL if KVM works, else why it doesn't. */
static const char *
kvm_reason(void)
{
	const char *reason;
	int kvm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return ("/dev/kvm can't be opened");
	reason = cpu_virtualises() ? kvm_try(kvm)
				   : "the CPU has neither vmx nor svm";
	close(kvm);
	return (reason);
}
#else
static const char *
kvm_reason(void)
{
	return ("only Linux has it");
}
#endif

/* wanted is auto, kvm or tcg; returns what to tell QEMU. */
const char *
accel_choose(const char *wanted)
{
	const char *reason;

	if (strcmp(wanted, "tcg") == 0)
		return (wanted);
	reason = kvm_reason();
	if (reason == NULL)
		return ("kvm");
	if (strcmp(wanted, "kvm") == 0)
		errx(EXIT_IMP, "KVM doesn't work here: %s", reason);
	return ("tcg");
}
