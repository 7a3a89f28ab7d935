/* SPDX-License-Identifier: MIT */
#include "cmd/fim_believe.h"

#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/page.h"
#include "trust/file.h"
#include "trust/pem.h"
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

void fim_belief_end(struct fim_belief *belief)
{
	ed25519_key_forget(&belief->signer);
}

static enum exit_code refused(const char *path, enum status status, const char *problem)
{
	complain("%s: %s", path,
		 problem               ? problem
		 : status == STATUS_IO ? strerrordesc_np(errno)
				       : status_text(status));
	return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
}

/* ---- keys ---- */

static enum status key_write(const char *path, const struct ed25519_key *key, bool secret)
{
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;

	if (secret)
		ed25519_private_write(&der, key);
	else
		ed25519_public_write(&der, key);
	TRY(buffer_status(&der));
	pem_encode(&pem, secret ? "PRIVATE KEY" : "PUBLIC KEY", buffer_span(&der));
	TRY(buffer_status(&pem));
	return secret ? file_create(path, buffer_span(&pem), 0400)
		      : file_replace(path, buffer_span(&pem));
}

/* May somebody else have read it? */
static bool was_secret(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & 077) == 0 &&
	       (st.st_uid == geteuid() || st.st_uid == 0);
}

/* The host's own key, beside the baseline. */
static enum exit_code own_key_find(struct arena *a, const char *path, struct ed25519_key *out)
{
	const char *secret = arena_printf(a, "%s.key", path),
		   *open = arena_printf(a, "%s.pub", path), *problem = NULL;
	struct ed25519_key is;
	enum status status;

	if (!secret || !open)
		return refused(path, STATUS_NO_MEMORY, NULL);
	if (access(secret, F_OK) != 0) {
		status = ed25519_key_new(out);
		if (status == STATUS_OK)
			status = key_write(secret, out, true);
		if (status != STATUS_OK)
			return refused(secret, status, NULL);
	} else if (!was_secret(secret)) {
		complain("%s: others may read this key: remove it, and the next is made",
			 secret);
		return EXIT_USAGE;
	} else {
		status = bundle_key_read(a, secret, true, out, &problem);
		if (status != STATUS_OK)
			return refused(secret, status, problem);
	}
	/* Written again only if it is missing or another's. */
	if (bundle_key_read(a, open, false, &is, &problem) == STATUS_OK &&
	    span_equal(SPAN_OF(is.id), SPAN_OF(out->id)))
		return EXIT_PASS;
	status = key_write(open, out, false);
	return status == STATUS_OK ? EXIT_PASS : refused(open, status, NULL);
}

enum exit_code fim_signer_find(const struct invocation *call, const char *path,
			       struct fim_belief *out)
{
	const struct text_list *keys = &call->settings.keys;
	const char *problem = NULL;
	enum status status;

	if (call->settings.unsigned_too || (keys->n == 0 && call->settings.fim_keys.n > 0))
		return EXIT_PASS;
	if (keys->n == 0)
		return own_key_find(call->arena, path, &out->signer);
	if (keys->n > 1) {
		complain("fim: one key signs");
		return EXIT_USAGE;
	}
	status = bundle_key_read(call->arena, keys->items[0], true, &out->signer, &problem);
	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("fim: %s", problem ? problem : status_text(status));
	return EXIT_USAGE;
}

/* Whose signatures are believed; none is not a mistake yet. */
static enum exit_code trust_find(const struct invocation *call, const char *path, bool secret,
				 struct ed25519_key keys[BUNDLE_MAX_KEYS], size_t *n)
{
	const struct settings *s = &call->settings;
	const char *own[] = { arena_printf(call->arena, "%s.pub", path) };
	const struct text_list beside = { own, own[0] && access(own[0], F_OK) == 0 };
	const struct text_list *from = s->keys.n       ? &s->keys
				       : s->fim_keys.n ? &s->fim_keys
						       : &beside;
	const char *problem = NULL;
	enum status status = STATUS_OK;

	if (from->n > BUNDLE_MAX_KEYS) {
		complain("fim: at most %d keys", BUNDLE_MAX_KEYS);
		return EXIT_USAGE;
	}
	for (*n = 0; *n < from->n && status == STATUS_OK; ++*n) {
		if (!file_is_own(from->items[*n])) {
			complain("%s: others may write this key", from->items[*n]);
			return EXIT_USAGE;
		}
		status = bundle_key_read(call->arena, from->items[*n],
					 secret && from == &s->keys, &keys[*n], &problem);
	}
	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("fim: %s", problem ? problem : status_text(status));
	return EXIT_USAGE;
}

/* ---- is it believed? ---- */

enum exit_code fim_serial_find(const struct invocation *call, const char *path,
			       struct fim_belief *out)
{
	const char *problem = NULL;
	enum status status = baseline_serial_last(call->arena, path, &out->last, &problem);

	if (status == STATUS_OK)
		return EXIT_PASS;
	(void)refused(path, status, problem);
	return EXIT_INCOMPLETE;
}

void fim_serial_follow(struct fim_belief *belief, const struct baseline *b)
{
	if (baseline_about(b)->counter < belief->last.counter)
		return;
	belief->last.counter = baseline_about(b)->counter;
	(void)span_copy(belief->last.root, sizeof(belief->last.root), baseline_root(b));
}

static enum exit_code finding_print(const struct invocation *call, const char *path,
				    const char *id, const char *message)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const struct fim_paper paper = { .out = &out,
					 .json = call->settings.format == EXPORT_JSON };

	fim_notice_print(&paper, &(struct fim_notice){ .id = id,
						       .severity = FIM_SEVERITY_CRITICAL,
						       .path = SPAN_TEXT(path),
						       .message = message });
	return page_print(&out) == EXIT_PASS ? EXIT_VIOLATION : EXIT_INCOMPLETE;
}

static bool is_rolled_back(const struct baseline *b, const struct baseline_serial *last)
{
	uint64_t counter = baseline_about(b)->counter;

	return counter < last->counter || (counter == last->counter && counter > 0 &&
					   !span_equal(baseline_root(b), SPAN_OF(last->root)));
}

static enum exit_code rollback_print(const struct invocation *call, const char *path,
				     const struct baseline *b,
				     const struct baseline_serial *last)
{
	struct time_text when;
	const char *message;

	(void)time_format(last->kept_at, &when);
	message = arena_printf(call->arena,
			       "this baseline is number %" PRIu64 ", and number %" PRIu64
			       " was written here on %s: somebody put another one in its "
			       "place; bring that one "
			       "back, or look at all files and say assay fim init",
			       baseline_about(b)->counter, last->counter, when.text);

	return message ? finding_print(call, path, "baseline-rollback", message)
		       : EXIT_INCOMPLETE;
}

enum exit_code fim_absent(const struct invocation *call, const char *path,
			  struct fim_belief *belief)
{
	const char *problem = NULL, *message;
	enum status status = baseline_serial_last(call->arena, path, &belief->last, &problem);
	struct time_text when;

	if (status != STATUS_OK && (status != STATUS_IO || errno != ENOENT))
		return refused(path, status, problem);
	if (belief->last.counter == 0) {
		complain("%s: there is no baseline; assay fim init makes one", path);
		return EXIT_USAGE;
	}
	(void)time_format(belief->last.kept_at, &when);
	message = arena_printf(call->arena,
			       "there is no baseline, and number %" PRIu64
			       " was written here on %s: somebody took it away; bring it back, "
			       "or look at all files and say assay fim init",
			       belief->last.counter, when.text);
	return message ? finding_print(call, path, "baseline-rollback", message)
		       : EXIT_INCOMPLETE;
}

static enum exit_code unsigned_take(const struct invocation *call, const char *path,
				    const char *problem)
{
	if (call->settings.unsigned_too)
		return EXIT_PASS;
	complain("%s: %s; name the key with --key or [fim] key, or let assay fim init or sign "
		 "sign it; --unsigned believes it all the same",
		 path, problem);
	return EXIT_INCOMPLETE;
}

enum exit_code fim_believe(const struct invocation *call, const char *path,
			   const struct baseline *b, bool secret, struct fim_belief *belief)
{
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	struct bundle_trust trust = { .keys = keys };
	const struct ed25519_key *by = NULL;
	const char *problem = NULL, *message;
	enum status status;
	enum exit_code code;

	if (is_rolled_back(b, &belief->last))
		return rollback_print(call, path, b, &belief->last);
	code = trust_find(call, path, secret, keys, &trust.n);
	if (code != EXIT_PASS)
		return code;
	status = baseline_signature_check(call->arena, path, b, &trust, &by, &problem);
	if (status == STATUS_OK) {
		belief->is_signed = true;
		(void)span_copy(belief->by, sizeof(belief->by), SPAN_OF(by->id));
		return EXIT_PASS;
	}
	if (status == STATUS_NOT_MINE ||
	    (status == STATUS_USAGE && call->settings.unsigned_too))
		return unsigned_take(call, path, problem);
	if (status != STATUS_USAGE)
		return refused(path, status, problem);
	message = arena_printf(
		call->arena,
		"this baseline %s: somebody wrote to it or to its signature; bring "
		"both back, or look at all files and say assay fim init",
		problem);
	return message ? finding_print(call, path, "baseline-altered", message)
		       : EXIT_INCOMPLETE;
}

/* ---- what is written ---- */

enum status fim_commit(struct arena *a, const char *path, struct baseline_writer *w,
		       const struct baseline_about *about, struct fim_belief *belief)
{
	struct baseline_serial serial = { .counter = about->counter, .kept_at = about->ended };
	const struct ed25519_key *key = belief->signer.has_secret ? &belief->signer : NULL;

	TRY(baseline_commit(a, w, about, path, key, serial.root));
	TRY(baseline_serial_keep(a, path, &serial, &belief->problem));
	belief->is_signed = key != NULL;
	if (key)
		(void)span_copy(belief->by, sizeof(belief->by), SPAN_OF(key->id));
	return STATUS_OK;
}

static void signed_print(struct buffer *out, const struct bundle *b,
			 const struct ed25519_key *key)
{
	struct time_text when;

	(void)time_format(b->created, &when);
	buffer_printf(out, "signed: baseline number %" PRIu64 " of %s, ", b->sequence,
		      when.text);
	page_count(out, b->n_entries, "file");
	buffer_text(out, ", digest ");
	buffer_hex(out, SPAN_OF(b->root));
	buffer_text(out, ", key ");
	buffer_hex(out, SPAN_OF(key->id));
	buffer_char(out, '\n');
}

int fim_sign(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	CLEANUP(fim_belief_end) struct fim_belief belief = { .problem = NULL };
	const char *path = call->operands[1], *problem = NULL;
	struct bundle bundle;
	enum status status;
	enum exit_code code;

	if (call->settings.keys.n != 1) {
		complain("fim sign: name the private key with --key");
		return EXIT_USAGE;
	}
	code = fim_signer_find(call, path, &belief);
	if (code != EXIT_PASS)
		return (int)code;
	status = baseline_signature_read(call->arena, path, &bundle, &problem);
	if (status == STATUS_OK)
		status = baseline_signature_add(path, &bundle, &belief.signer);
	if (status != STATUS_OK) {
		complain("%s: %s", path,
			 status == STATUS_IO ? strerrordesc_np(errno)
			 : problem           ? problem
					     : status_text(status));
		return EXIT_USAGE;
	}
	signed_print(&out, &bundle, &belief.signer);
	return page_print(&out);
}
