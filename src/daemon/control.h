/* SPDX-License-Identifier: MIT */
/*
 * Control: the socket at which a running guard answers (unix(7), a stream).
 *
 * A question is one word and a newline; the answer is a line of JSON, schema
 * assay.status/1, and the end of the stream.  Who may connect say the
 * permissions of the socket; only root and the service's own user may change
 * anything, others are told the status instead.
 */
#pragma once
#include "base/buffer.h"

#define CONTROL_MAX_CLIENTS  8
#define CONTROL_MAX_QUESTION 64
#define CONTROL_MAX_ANSWER   ((size_t)64 << 10)
#define CONTROL_PATIENCE_MS  1000 /* with a client, and with a service */
/* ... that reads a policy, lists and anchors before it answers */
#define CONTROL_RELOAD_PATIENCE_MS 20000

enum control_word { CONTROL_NONE, CONTROL_STATUS, CONTROL_RELOAD };

struct control_client {
	int fd; /* -1: none */
	bool trusted;
	bool asked; /* a whole question, and waits for the answer */
	int64_t since;
	size_t len;
	char question[CONTROL_MAX_QUESTION];
};

struct control {
	int listener;
	struct control_client clients[CONTROL_MAX_CLIENTS];
};

/* Listens at @path, whose folder must be there; what stands there is replaced. */
MUST_CHECK enum status control_open(struct control *c, const char *path);
void control_close(struct control *c);

/*
 * Takes whoever has come and answers whoever has asked; @answer fills a line for
 * @word, or says false: then it is called again, with @first false.  Never waits.
 */
void control_serve(struct control *c,
		   bool (*answer)(void *context, enum control_word word, bool first,
				  struct buffer *out),
		   void *context);

/* Asks the service at @path; STATUS_IO: errno, nobody is there, or it does not answer. */
MUST_CHECK enum status control_ask(const char *path, enum control_word word,
				   struct buffer *out);
