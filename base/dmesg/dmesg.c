/* SPDX-License-Identifier: BSD-2-Clause */

/* dmesg: the kernel's messages since the start. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

/* The text, and some room: the kernel may say more meanwhile. */
static char *
messages(void)
{
	size_t size;
	char *text;

	if (sysctlbyname("kern.msgbuf", NULL, &size, NULL, 0) != 0)
		err(1, "kern.msgbuf");
	size += 4096;
	text = calloc(1, size + 1);
	if (text == NULL ||
	    sysctlbyname("kern.msgbuf", text, &size, NULL, 0) != 0)
		err(1, "kern.msgbuf");
	return (text);
}

int
main(int argc, char **argv)
{
	int c, clear = 0;
	char *text;

	while ((c = getopt(argc, argv, "ac")) != -1) {
		if (c == '?')
			argc = 0;
		clear |= c == 'c';
	}
	if (argc != optind) {
		fprintf(stderr, "usage: dmesg [-ac]\n");
		return (1);
	}
	text = messages();
	fputs(text, stdout);
	free(text);
	if (fflush(stdout) != 0)
		err(1, "standard output");
	if (clear && sysctlbyname("kern.msgbuf_clear", NULL, NULL, &clear,
			 sizeof(clear)) != 0)
		err(1, "kern.msgbuf_clear");
	return (0);
}
