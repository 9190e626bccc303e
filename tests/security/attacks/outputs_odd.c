// SPDX-License-Identifier: Apache-2.0 OR MIT
// Outputs of the other kinds: hard links, names that are no text, devices by way of links, sockets, a very long name.
// attack-options: --output *
// attack-stdout: planted
// attack-output-only-regular: yes
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/work/socket" };
	char name[256];
	int fd = open("/work/regular", O_CREAT | O_WRONLY, 0600);

	write(fd, "content", 7);
	link("/work/regular", "/work/hard");
	link("/etc/passwd", "/work/host-hard");
	symlink("/dev/zero", "/work/zero");
	symlink("/proc/self/environ", "/work/environ");
	symlink("/proc/self/root/etc", "/work/magic");
	symlink("hard", "/work/soft");
	mkfifo("/work/pipe", 0666);
	bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a));
	close(open("/work/\xff\xfe", O_CREAT | O_WRONLY, 0600));
	close(open("/work/new\nline", O_CREAT | O_WRONLY, 0600));
	memset(name, 'n', 255);
	memcpy(name, "/work/", 6);
	name[255] = 0;
	close(open(name, O_CREAT | O_WRONLY, 0600));
	puts("planted");
	return 0;
}
