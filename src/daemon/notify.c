/* SPDX-License-Identifier: MIT */
#include "daemon/notify.h"

#include "base/span_search.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_GIVEN 3 /* SD_LISTEN_FDS_START */

void notify_send(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct span text = path ? SPAN_TEXT(path) : SPAN_NONE;
	int fd;

	if (text.len == 0 || text.len >= sizeof(address.sun_path))
		return;
	(void)span_copy(address.sun_path, sizeof(address.sun_path), text);
	/* "@name" is one without a file. */
	if (address.sun_path[0] == '@')
		address.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, SPAN_TEXT(state).len, MSG_NOSIGNAL | MSG_DONTWAIT,
		     (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + text.len));
	(void)close(fd);
}

static bool is_listener(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t len = sizeof(address), room = sizeof(int);
	int listens = 0, type = 0;

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address.sun_family == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &room) == 0 && listens &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &room) == 0 && type == SOCK_STREAM;
}

int notify_listener(void)
{
	const char *n = secure_getenv("LISTEN_FDS"), *pid = secure_getenv("LISTEN_PID");

	if (!n || !pid || strtoll(pid, NULL, 10) != getpid() || strtoll(n, NULL, 10) < 1 ||
	    !is_listener(FIRST_GIVEN))
		return -1;
	if (fcntl(FIRST_GIVEN, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(FIRST_GIVEN, F_SETFL, O_NONBLOCK) != 0)
		return -1;
	return FIRST_GIVEN;
}

int64_t notify_watchdog_ms(void)
{
	const char *text = secure_getenv("WATCHDOG_USEC"), *pid = secure_getenv("WATCHDOG_PID");
	char *end;
	long long n;

	if (!text || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	errno = 0;
	n = strtoll(text, &end, 10);
	return errno == 0 && *end == 0 && n > 0 ? n / 1000 : 0;
}
