/* SPDX-License-Identifier: MIT */
#include "daemon/control.h"

#include "daemon/ledger.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const struct word_row {
	const char *text;
	bool changes; /* something: not for everybody */
	int patience_ms;
} words[] = {
	[CONTROL_NONE] = {NULL,      false, CONTROL_PATIENCE_MS       },
	[CONTROL_STATUS] = { "status", false, CONTROL_PATIENCE_MS       },
	[CONTROL_RELOAD] = { "reload", true,  CONTROL_RELOAD_PATIENCE_MS},
};

static enum status address_of(const char *path, struct sockaddr_un *out)
{
	struct span text = SPAN_TEXT(path);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (text.len == 0 || text.len >= sizeof(out->sun_path)) {
		errno = ENAMETOOLONG;
		return STATUS_IO;
	}
	(void)span_copy(out->sun_path, sizeof(out->sun_path) - 1, text);
	return STATUS_OK;
}

enum status control_open(struct control *c, const char *path)
{
	struct sockaddr_un address;

	c->listener = -1;
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
		c->clients[i].fd = -1;
	TRY(address_of(path, &address));
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(path);
	if (c->listener < 0 ||
	    bind(c->listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0600) != 0 || listen(c->listener, CONTROL_MAX_CLIENTS) != 0) {
		control_close(c);
		return STATUS_IO;
	}
	return STATUS_OK;
}

static void client_drop(struct control_client *client)
{
	if (client->fd >= 0)
		(void)close(client->fd);
	client->fd = -1;
	client->asked = false;
}

void control_close(struct control *c)
{
	if (c->listener >= 0)
		(void)close(c->listener);
	c->listener = -1;
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
		client_drop(&c->clients[i]);
}

/* Who has come; when all places are taken, he waits before the door. */
static void clients_take(struct control *c)
{
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *client = &c->clients[i];
		struct ucred who = { .uid = (uid_t)-1 };
		socklen_t len = sizeof(who);

		if (client->fd >= 0)
			continue;
		client->fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client->fd < 0)
			return;
		client->len = 0;
		client->since = ledger_now();
		client->trusted =
			getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
			(who.uid == 0 || who.uid == geteuid());
	}
}

static enum control_word word_of(const struct control_client *client)
{
	struct span text = { (const uint8_t *)client->question, client->len };

	for (size_t i = CONTROL_STATUS; i < COUNT_OF(words); i++)
		if (span_equal(text, SPAN_TEXT(words[i].text)) &&
		    (client->trusted || !words[i].changes))
			return (enum control_word)i;
	return CONTROL_NONE;
}

/* Reads up to the newline, or to the end.  False: not yet. */
static bool question_read(struct control_client *client)
{
	ssize_t n;
	char c;

	while ((n = recv(client->fd, &c, 1, 0)) == 1) {
		if (c == '\n' || client->len == sizeof(client->question))
			return true;
		client->question[client->len++] = c;
	}
	return n == 0 || errno != EAGAIN;
}

/* Reads his question, if there is one.  False: he has not asked yet, or is gone. */
static bool client_hear(struct control_client *client, bool *first)
{
	*first = !client->asked;
	if (client->fd < 0 || client->asked)
		return client->asked;
	client->asked = question_read(client);
	if (!client->asked && client->since + CONTROL_PATIENCE_MS < ledger_now())
		client_drop(client);
	return client->asked;
}

void control_serve(struct control *c,
		   bool (*answer)(void *context, enum control_word word, bool first,
				  struct buffer *out),
		   void *context)
{
	if (c->listener < 0)
		return;
	clients_take(c);
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *client = &c->clients[i];
		CLEANUP(buffer_free) struct buffer out = { .limit = CONTROL_MAX_ANSWER };
		bool first;

		if (!client_hear(client, &first) ||
		    !answer(context, word_of(client), first, &out))
			continue;
		buffer_char(&out, '\n');
		/* It fits into the socket, or whoever asked does not read. */
		(void)send(client->fd, out.bytes, out.len, MSG_NOSIGNAL);
		client_drop(client);
	}
}

static enum status answer_read(int fd, int patience_ms, struct buffer *out)
{
	struct pollfd from = { .fd = fd, .events = POLLIN };
	uint8_t chunk[4096];
	ssize_t n = 1;

	while (n > 0) {
		if (poll(&from, 1, patience_ms) <= 0) {
			errno = ETIMEDOUT;
			return STATUS_IO;
		}
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n > 0)
			buffer_add(out, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
	}
	return n < 0 ? STATUS_IO : buffer_status(out);
}

enum status control_ask(const char *path, enum control_word word, struct buffer *out)
{
	struct sockaddr_un address;
	char text[CONTROL_MAX_QUESTION];
	enum status status = STATUS_IO;
	int fd, len = snprintf(text, sizeof(text), "%s\n", words[word].text);

	TRY(address_of(path, &address));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, text, (size_t)len, MSG_NOSIGNAL) == len)
		status = answer_read(fd, words[word].patience_ms, out);
	if (fd >= 0)
		(void)close(fd);
	return status;
}
