/* SPDX-License-Identifier: MIT */
#include "store/signed_file.h"

#include "trust/file.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC       "assayFOL"
#define VERSION     1
#define MAGIC_BYTES 8
#define MAX_FILE    (SIGNED_LISTS_MAX_BUNDLE + SIGNED_LISTS_MAX_SET + 64)

static const struct {
	const char *id, *why, *advice;
} rules[SIGNED_RULES] = {
  /* clang-format off */
	[SIGNED_UNREADABLE] = { "list.unreadable", "cannot be read", NULL },
	[SIGNED_LIMIT] = { "list.limit", "is larger than a list may be",
		"64 MiB and a million files are the most" },
	[SIGNED_TRUNCATED] = { "list.truncated", "is cut short", "fetch it again" },
	[SIGNED_WRONG_LIST] = { "list.wrong-list", "is another list", NULL },
	[SIGNED_NO_KEY] = { "list.no-key", "cannot be verified: no key is trusted",
		"name the public key of who signs lists in assay.conf: [lists] key = FILE" },
	[SIGNED_UNSIGNED] = { "list.unsigned", "is not signed by a key that you trust",
		"[lists] key and [lists] signatures in assay.conf say whom to believe" },
	[SIGNED_EXPIRED] = { "list.expired", "has expired",
		"fetch the newest, and see whether somebody holds it back" },
	[SIGNED_ALTERED] = { "list.altered", "does not hold what was signed", "fetch it again" },
	[SIGNED_ROLLED_BACK] = { "list.rolled-back", "is older than what is followed",
		"fetch the newest" },
	[SIGNED_FORKED] = { "list.forked", "does not follow the bundle that is followed",
		"whoever signs has signed two lists under one number: ask them" },
	[SIGNED_SKIPPED] = { "list.skipped", "leaves out numbers before it",
		"import those first, or a snapshot" },
	[SIGNED_UNSORTED] = { "list.unsorted", "has entries out of order, or twice",
		"it was not written by assay: ask who signed it" },
	[SIGNED_NONSENSE] = { "list.nonsense", "has an entry that makes no sense",
		"it may be of a newer assay" },
	[SIGNED_SET_DIFFERS] = { "list.set-differs", "does not lead to the set that was signed",
		"import a snapshot" },
	[SIGNED_DAMAGED] = { "list.damaged", "is damaged",
		"assay deny, allow or policy forget NAME, and import a snapshot" },
  /* clang-format on */
};

const char *signed_list_why(const char *id, const char **advice)
{
	for (size_t i = SIGNED_NO_RULE + 1; i < SIGNED_RULES; i++)
		if (strcmp(rules[i].id, id) == 0) {
			*advice = rules[i].advice;
			return rules[i].why;
		}
	return NULL;
}

enum status signed_refuse(struct arena *a, enum signed_rule rule, const char *path,
			  const char *why, const char **problem)
{
	const char *advice = rules[rule].advice;

	*problem = arena_printf(a, "%s: %s (%s)%s%s", path, why ? why : rules[rule].why,
				rules[rule].id, advice ? "; " : "", advice ? advice : "");
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

const char *signed_list_word(enum bundle_content what)
{
	switch (what) {
	case BUNDLE_NOTHING:
	case BUNDLE_CONTENTS: break;
	case BUNDLE_DONORS: return "donors";
	case BUNDLE_DENY: return "deny";
	case BUNDLE_ALLOW: return "allow";
	case BUNDLE_POLICY: return "policy";
	case BUNDLE_BASELINE: return "baseline";
	}
	return "none";
}

const char *signed_path(struct arena *a, const char *folder, enum bundle_content what,
			struct span name, const char *suffix)
{
	const char *text = arena_string(a, name);

	return text ? arena_printf(a, "%s/%s-%s%s", folder, signed_list_word(what), text,
				   suffix)
		    : NULL;
}

static enum status digest_is(struct span bytes, struct span expected, bool *good)
{
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &bytes, 1, &digest));
	*good = span_equal(digest_span(&digest), expected);
	return STATUS_OK;
}

enum status signed_content_check(const struct bundle *b, bool *good)
{
	return digest_is(b->content, SPAN_OF(b->root), good);
}

struct span signed_entries(const struct bundle *b)
{
	return b->content.len < LIST_ENTRIES_SET_BYTES
		       ? SPAN_NONE
		       : span_clip(b->content, 0, b->content.len - LIST_ENTRIES_SET_BYTES);
}

enum status signed_set_check(const struct bundle *b, struct span set, bool *good)
{
	struct span digest = span_after(b->content, signed_entries(b).len);

	*good = false;
	return digest.len == LIST_ENTRIES_SET_BYTES ? digest_is(set, digest, good) : STATUS_OK;
}

/* How many entries are in @set: each says where the next one begins. */
static bool entries_count(struct span set, uint64_t *n)
{
	struct cursor c = cursor_at(set, 0);

	for (*n = 0; cursor_left(&c) > 0 && cursor_ok(&c); (*n)++) {
		cursor_skip(&c, 2 + DIGEST_LIST_BYTES + 8);
		cursor_skip(&c, cursor_u16le(&c));
		cursor_skip(&c, cursor_u16le(&c));
	}
	return cursor_ok(&c);
}

static enum status stored_parse(struct arena *a, struct span file, struct signed_stored *out)
{
	struct cursor c = cursor_at(file, MAGIC_BYTES);
	uint32_t version = cursor_u32le(&c);
	struct span bundle = cursor_take(&c, cursor_u64le(&c)), set = cursor_rest(&c);
	enum list_fault fault = LIST_NO_FAULT;
	const char *why = NULL;
	bool good = false;
	uint64_t n = 0;

	if (!cursor_ok(&c) || !span_starts(file, MAGIC, MAGIC_BYTES) || version != VERSION)
		return STATUS_MALFORMED;
	out->bytes = arena_copy(a, bundle);
	if (!out->bytes.ptr)
		return STATUS_NO_MEMORY;
	TRY(bundle_read(out->bytes, &out->bundle, &why));
	TRY(signed_content_check(&out->bundle, &good));
	if (!good)
		return STATUS_MALFORMED;
	if (out->bundle.content_kind == BUNDLE_POLICY)
		return set.len == 0 ? STATUS_OK : STATUS_MALFORMED;
	TRY(signed_set_check(&out->bundle, set, &good));
	if (!good || !entries_count(set, &n))
		return STATUS_MALFORMED;
	return list_entries_apply(a, set, n, NULL, &out->set, &fault);
}

/* Whoever may write to it decides what runs. */
static const char *distrust(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerrordesc_np(errno);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "does not belong to root";
	return (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "may be written by others" : NULL;
}

enum status signed_stored_read(struct arena *a, const char *path, struct signed_stored *out,
			       const char **problem)
{
	struct span file = SPAN_NONE;
	const char *why = NULL;
	enum status status;

	*out = (struct signed_stored){ 0 };
	status = file_map(path, MAX_FILE, &file);
	if (status == STATUS_IO)
		return status;
	if (status == STATUS_OK) {
		why = distrust(path);
		status = why ? STATUS_MALFORMED : stored_parse(a, file, out);
	}
	file_unmap(file);
	if (status == STATUS_OK || status == STATUS_NO_MEMORY)
		return status;
	return signed_refuse(a, SIGNED_DAMAGED, path, why, problem);
}

enum status signed_stored_write(const char *path, struct span bundle, struct span set)
{
	CLEANUP(new_file_end) struct new_file f = { .fd = -1 };
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;

	buffer_text(&head, MAGIC);
	buffer_u32le(&head, VERSION);
	buffer_u64le(&head, bundle.len);
	TRY(buffer_status(&head));
	TRY(new_file_begin(path, &f));
	TRY(new_file_write(&f, buffer_span(&head)));
	TRY(new_file_write(&f, bundle));
	TRY(new_file_write(&f, set));
	return new_file_commit(&f);
}

enum status signed_describe(struct arena *a, const struct bundle *b,
			    const struct ed25519_key *key, int64_t now, struct signed_list *out)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	/* Who is said to have signed it begins the signatures. */
	buffer_hex(&hex, span_clip(key ? SPAN_OF(key->id) : b->signatures, 0,
				   SIGNED_LISTS_KEY_DIGITS / 2));
	*out = (struct signed_list){ .what = b->content_kind,
				     .name = arena_string(a, b->name),
				     .key = arena_string(a, buffer_span(&hex)),
				     .sequence = b->sequence,
				     .created = b->created,
				     .expires = b->expires,
				     .stale = b->expires != 0 && b->expires < now };
	(void)span_copy(out->digest, sizeof(out->digest), SPAN_OF(b->digest));
	return out->name && out->key ? STATUS_OK : STATUS_NO_MEMORY;
}
