/* SPDX-License-Identifier: MIT */
/*
 * Transparency logs: is the entry in the tree (RFC 9162, 2.1.3.2), did the log
 * sign the tree's head (C2SP signed-note and tlog-checkpoint), and did it
 * promise the entry at a time (Rekor's signed entry timestamp)?
 */
#include "base/base64.h"
#include "verify/sigstore/state.h"

#define NOTE_MARK "\xe2\x80\x94 " /* an em dash and a space */
#define HINT      4               /* octets of a log's id in front of its signature */

/* H(0 | leaf), H(1 | left | right) */
static enum status node_hash(uint8_t kind, struct span left, struct span right,
			     struct digest *out)
{
	const struct span parts[] = {
		{&kind, 1},
                left, right
	};

	return digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), out);
}

/* The root that follows from the leaf and the path; false: they do not fit the size. */
static enum status root_compute(const struct sigstore_entry *e, struct digest *out, bool *fits)
{
	uint64_t index = e->proof_index, last = e->tree_size - 1;
	struct digest below;

	*fits = false;
	TRY(node_hash(0, e->body, SPAN_NONE, out));
	if (e->tree_size == 0 || index > last)
		return STATUS_OK;
	for (size_t i = 0; i < e->n_hashes; i++) {
		if (last == 0)
			return STATUS_OK;
		below = *out;
		if ((index & 1) != 0 || index == last) {
			TRY(node_hash(1, e->hashes[i], digest_span(&below), out));
			for (; (index & 1) == 0 && index != 0; last >>= 1)
				index >>= 1;
		} else {
			TRY(node_hash(1, digest_span(&below), e->hashes[i], out));
		}
		index >>= 1;
		last >>= 1;
	}
	*fits = last == 0;
	return STATUS_OK;
}

/* The head of a tree: the text that is signed, what it says, and the lines of signatures. */
struct checkpoint {
	struct span signed_text, signatures;
	struct span root;
	uint64_t size;
};

/* The line at *@at, without its end, behind which *@at then stands; false: there is none. */
static bool line_next(struct span text, uint64_t *at, struct span *out)
{
	uint64_t end;

	if (!span_find(text, SPAN_LITERAL("\n"), *at, &end))
		return false;
	*out = span_clip(text, *at, end - *at);
	*at = end + 1;
	return true;
}

static bool size_read(struct span line, uint64_t *out)
{
	const struct json_value number = { .kind = JSON_KIND_STRING, .text = line };

	return json_whole(&number, out);
}

/* Origin, size, root, perhaps more, an empty line, signatures. */
static enum status checkpoint_read(struct arena *a, struct span note, struct checkpoint *out,
				   bool *good)
{
	struct span origin, size, root;
	uint64_t at = 0, gap;
	enum status status;

	*good = false;
	if (!span_find(note, SPAN_LITERAL("\n\n"), 0, &gap))
		return STATUS_OK;
	out->signed_text = span_clip(note, 0, gap + 1);
	out->signatures = span_after(note, gap + 2);
	if (!line_next(out->signed_text, &at, &origin) || origin.len == 0 ||
	    !line_next(out->signed_text, &at, &size) || !size_read(size, &out->size) ||
	    !line_next(out->signed_text, &at, &root))
		return STATUS_OK;
	status = base64_decode_span(a, root, &out->root);
	*good = status == STATUS_OK && out->root.len == SIGSTORE_LOG_ID;
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

enum status sigstore_proof_check(struct arena *a, const struct sigstore_entry *e,
				 const char **problem)
{
	struct checkpoint head;
	struct digest root;
	bool fits;

	*problem = NULL;
	if (!e->has_proof)
		return STATUS_OK;
	*problem = "the checkpoint of the log cannot be read";
	TRY(checkpoint_read(a, e->checkpoint, &head, &fits));
	if (!fits)
		return STATUS_OK;
	*problem = "the checkpoint of the log speaks of another tree than the proof";
	if (head.size != e->tree_size || !span_equal(head.root, e->root_hash))
		return STATUS_OK;
	*problem = "the proof of inclusion does not lead from the log entry to the tree";
	TRY(root_compute(e, &root, &fits));
	if (fits && digest_equal(&root, e->root_hash))
		*problem = NULL;
	return STATUS_OK;
}

/* "- NAME BASE64": is it of @log?  Then what it signed with goes to *@signature. */
static enum status note_read(struct arena *a, struct span line, const struct sigstore_log *log,
			     struct span *signature)
{
	struct span rest = span_after(line, strlen(NOTE_MARK)), octets;
	uint64_t space;
	enum status status;

	*signature = SPAN_NONE;
	if (!span_starts(line, NOTE_MARK, strlen(NOTE_MARK)) ||
	    !span_find(rest, SPAN_LITERAL(" "), 0, &space) ||
	    !span_equal(span_clip(rest, 0, space), log->host))
		return STATUS_OK;
	status = base64_decode_span(a, span_after(rest, space + 1), &octets);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status == STATUS_OK &&
	    span_equal(span_clip(octets, 0, HINT), span_clip(log->id, 0, HINT)))
		*signature = span_after(octets, HINT);
	return STATUS_OK;
}

/* One good signature of the log is enough; those of witnesses are not ours to judge. */
static enum status checkpoint_check(struct arena *a, const struct sigstore_entry *e,
				    const struct sigstore_log *log, const char **problem)
{
	struct checkpoint head;
	struct span line, signature;
	uint64_t at = 0;
	bool good;

	TRY(checkpoint_read(a, e->checkpoint, &head, &good));
	*problem = "the checkpoint bears no signature of its log";
	for (size_t n = 0; good && line_next(head.signatures, &at, &line); n++) {
		enum signature_result result;

		if (n == SIGSTORE_MAX_NOTES)
			return STATUS_LIMIT;
		TRY(note_read(a, line, log, &signature));
		if (signature.len == 0)
			continue;
		TRY(sigstore_key_verify(&log->key, head.signed_text, signature, &result));
		*problem = result == SIGNATURE_OK
				   ? NULL
				   : "the signature of the log on its checkpoint is wrong";
		if (!*problem)
			break;
	}
	return STATUS_OK;
}

/* Canonical JSON (RFC 8785) of four members. */
static enum status promise_check(const struct sigstore_entry *e, const struct sigstore_log *log,
				 const char **problem)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	enum signature_result result;

	buffer_text(&text, "{\"body\":\"");
	base64_encode(&text, e->body);
	buffer_printf(&text, "\",\"integratedTime\":%lld,\"logID\":\"",
		      (long long)e->integrated_time);
	buffer_hex(&text, e->log_id);
	buffer_text(&text, "\",\"logIndex\":");
	buffer_u64(&text, e->log_index);
	buffer_char(&text, '}');
	TRY(buffer_status(&text));
	TRY(sigstore_key_verify(&log->key, buffer_span(&text), e->promise, &result));
	if (result != SIGNATURE_OK)
		*problem = "the log did not sign that it took the entry at this time";
	return STATUS_OK;
}

enum status sigstore_log_check(struct arena *a, const struct sigstore_entry *e,
			       const struct sigstore_log *log, const char **problem)
{
	*problem = NULL;
	if (e->has_proof)
		TRY(checkpoint_check(a, e, log, problem));
	if (!*problem && e->promise.len > 0)
		TRY(promise_check(e, log, problem));
	return STATUS_OK;
}
