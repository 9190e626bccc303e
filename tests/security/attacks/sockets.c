// SPDX-License-Identifier: Apache-2.0 OR MIT
// Families beyond the plain ones, the host's loopback, its abstract sockets, typing into a terminal.
// attack-stdout: netlink EAFNOSUPPORT
// attack-stdout: packet EAFNOSUPPORT
// attack-stdout: vsock EAFNOSUPPORT
// attack-stdout: alg EAFNOSUPPORT
// attack-stdout: raw EAFNOSUPPORT
// attack-stdout: loopback ENETUNREACH
// attack-stdout: loopback6 EADDRNOTAVAIL
// attack-stdout: abstract ECONNREFUSED
// attack-stdout: filter ENOPROTOOPT
// attack-stdout: tiocsti ENOTTY
// attack-stdout: tiocsti-high ENOTTY
#define _GNU_SOURCE
#include "attack.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(22), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(22), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0/tmp/.X11-unix/X0" };
	char program[16] = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0), fd6 = socket(AF_INET6, SOCK_STREAM, 0);
	long r;

	told("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	told("packet", socket(AF_PACKET, SOCK_RAW, 0));
	told("vsock", socket(40, SOCK_STREAM, 0));
	told("alg", socket(38, SOCK_SEQPACKET, 0));
	told("raw", socket(AF_INET, SOCK_RAW, 1));
	told("loopback", connect(fd, (void *)&v4, sizeof(v4)));
	r = fd6 < 0 ? -1 : connect(fd6, (void *)&v6, sizeof(v6));
	if (r < 0)
		errno = EADDRNOTAVAIL; /* or ENETUNREACH, or no IPv6 at all */
	told("loopback6", r);
	told("abstract", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, sizeof(un)));
	told("filter", setsockopt(fd, SOL_SOCKET, 26, program, sizeof(program)));
	told("tiocsti", ioctl(0, TIOCSTI, "x"));
	told("tiocsti-high", syscall(SYS_ioctl, 0, 0xffffffff00000000ul | TIOCSTI, "x"));
	return 0;
}
