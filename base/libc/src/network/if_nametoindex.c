/* SPDX-License-Identifier: BSD-2-Clause */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	char name[IF_NAMESIZE];
	unsigned short index;
	char spare[14];
};
#define SIOCGIFINDEX _IOWR('i', 54, struct request)

unsigned
if_nametoindex(const char *name)
{
	struct request request;
	int fd, error;

	memset(&request, 0, sizeof(request));
	strncpy(request.name, name, sizeof(request.name) - 1);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return (0);
	error = ioctl(fd, SIOCGIFINDEX, &request);
	close(fd);
	return (error != 0 ? 0 : request.index);
}
