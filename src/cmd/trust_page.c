/* SPDX-License-Identifier: MIT */
#include "cmd/trust_page.h"

#include "base/base64.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include "trust/pem.h"

#define DIGEST_SHOWN 8 /* octets in a line */
#define DATE_CHARS   10
#define SETS_WIDTH   20

static const struct {
	struct span oid;
	const char *name;
} usage_names[] = {
	{SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x01"),  "serverAuth"     },
	{ SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x02"), "clientAuth"     },
	{ SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x03"), "codeSigning"    },
	{ SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x04"), "emailProtection"},
	{ SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x08"), "timeStamping"   },
	{ SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x09"), "OCSPSigning"    },
};

static void text_add(struct buffer *out, const char *text)
{
	escape_text(out, SPAN_TEXT(text ? text : ""));
}

static void date_add(struct buffer *out, int64_t seconds)
{
	struct time_text text;

	buffer_printf(out, "%.*s", DATE_CHARS,
		      time_format(seconds, &text) ? text.text : "-         ");
}

static void sets_add(struct buffer *out, unsigned mask)
{
	const char *comma = "";

	for (size_t i = 0; i < TRUST_SETS; i++) {
		if (!(mask & (unsigned)trust_sets[i].set))
			continue;
		buffer_printf(out, "%s%s", comma, trust_sets[i].name);
		comma = ",";
	}
	if (!mask)
		buffer_char(out, '-');
}

static bool dates_known(const struct trust_entry *e)
{
	return e->valid_from != 0 || e->valid_until != 0;
}

static bool has_limits(const struct anchor_limits *l)
{
	return l->has_disallowed || l->has_not_before || l->eku.len || l->disallowed_eku.len;
}

void trust_line(struct buffer *out, const struct trust_entry *e)
{
	size_t begin = out->len;

	if (e->stored.sets == trust_item_sets(e->stored.item, e->stored.sha256))
		buffer_text(out, "every set");
	else
		sets_add(out, e->stored.sets);
	do
		buffer_char(out, ' ');
	while (out->len < begin + SETS_WIDTH && !out->failed);
	if (dates_known(e))
		date_add(out, e->valid_until);
	else
		buffer_text(out, "-         ");
	buffer_text(out, "  ");
	buffer_hex(out, span_clip(SPAN_OF(e->stored.sha256), 0, DIGEST_SHOWN));
	buffer_text(out, "  ");
	text_add(out, e->stored.name);
	buffer_printf(out, "  (%s", has_limits(&e->stored.limits) ? "limited; " : "");
	text_add(out, e->stored.origin);
	buffer_text(out, ")\n");
}

/* "codeSigning", or the arcs of it. */
static void usage_add(struct buffer *out, struct span oid)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(4096);
	const char *text;

	for (size_t i = 0; i < COUNT_OF(usage_names); i++) {
		if (span_equal(usage_names[i].oid, oid)) {
			buffer_text(out, usage_names[i].name);
			return;
		}
	}
	text = der_oid_text(&a, oid);
	buffer_text(out, text ? text : "?");
}

static void usages_add(struct buffer *out, struct span usages, const char *between)
{
	struct cursor c = cursor_at(usages, 0);
	const char *mark = "";
	struct der oid;

	while (cursor_left(&c) && der_expect(&c, DER_OID, &oid)) {
		buffer_text(out, mark);
		usage_add(out, oid.value);
		mark = between;
	}
}

static void usages_json(struct json *j, const char *key, struct span usages)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct cursor c = cursor_at(usages, 0);
	struct der oid;

	json_array(j, key);
	while (cursor_left(&c) && der_expect(&c, DER_OID, &oid)) {
		buffer_clear(&text);
		usage_add(&text, oid.value);
		json_span(j, NULL, buffer_span(&text));
	}
	json_end(j);
}

/* A date of a limit: null when the list leaves it empty. */
static void limit_json(struct json *j, const char *key, bool empty, int64_t seconds)
{
	if (empty)
		json_null(j, key);
	else
		json_time(j, key, seconds);
}

static void limits_json(struct json *j, const struct anchor_limits *l)
{
	json_object(j, "limits");
	json_bool(j, "own_root", l->own_root);
	if (l->eku.len)
		usages_json(j, "usages", l->eku);
	if (l->has_disallowed)
		limit_json(j, "disallowed", l->disallowed_empty, l->disallowed);
	if (l->disallowed_eku.len)
		usages_json(j, "disallowed_usages", l->disallowed_eku);
	if (l->has_not_before)
		limit_json(j, "not_before", l->not_before_empty, l->not_before);
	if (l->not_before_eku.len)
		usages_json(j, "not_before_usages", l->not_before_eku);
	json_end(j);
}

void trust_json(struct buffer *out, const struct trust_entry *e)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.anchor/1");
	json_hex(&j, "sha256", SPAN_OF(e->stored.sha256));
	json_array(&j, "sets");
	for (size_t i = 0; i < TRUST_SETS; i++)
		if (e->stored.sets & (unsigned)trust_sets[i].set)
			json_text(&j, NULL, trust_sets[i].name);
	json_end(&j);
	json_text(&j, "name", e->stored.name);
	json_text(&j, "origin", e->stored.origin);
	json_text(&j, "database", e->database);
	json_bool(&j, "public_root", e->stored.public_root);
	json_text(&j, "item", trust_item_name(e->stored.item));
	if (e->stored.item != TRUST_CERTIFICATE && e->key_id.len)
		json_hex(&j, "key_id", e->key_id);
	json_bool(&j, "certificate",
		  e->stored.item == TRUST_CERTIFICATE && e->stored.der.len != 0);
	if (dates_known(e)) {
		json_time(&j, "valid_from", e->valid_from);
		json_time(&j, "valid_until", e->valid_until);
	}
	limits_json(&j, &e->stored.limits);
	json_end(&j);
	buffer_char(out, '\n');
}

/* What holds of signatures below the anchor: "only with a timestamp before ...". */
static void limit_page(struct buffer *out, const char *label, bool empty, int64_t seconds,
		       struct span usages)
{
	buffer_printf(out, "%-12s", label);
	if (empty)
		buffer_text(out, "an empty date (see the setting empty-date)");
	else
		date_add(out, seconds);
	if (usages.len) {
		buffer_text(out, ", for ");
		usages_add(out, usages, ", ");
	}
	buffer_char(out, '\n');
}

static void limits_page(struct buffer *out, const struct anchor_limits *l)
{
	if (l->eku.len) {
		buffer_text(out, "usages      only ");
		usages_add(out, l->eku, ", ");
		buffer_char(out, '\n');
	}
	if (l->has_disallowed) {
		limit_page(out, "disallowed", l->disallowed_empty, l->disallowed,
			   l->disallowed_eku);
	} else if (l->disallowed_eku.len) {
		buffer_text(out, "disallowed  always, for ");
		usages_add(out, l->disallowed_eku, ", ");
		buffer_char(out, '\n');
	}
	if (l->has_not_before)
		limit_page(out, "not before", l->not_before_empty, l->not_before,
			   l->not_before_eku);
	if (l->own_root)
		buffer_text(out, "own root    of the publisher of the root programme\n");
}

/* The item itself, as other programs read it. */
static void bytes_page(struct buffer *out, const struct stored *s)
{
	if (s->der.len == 0) {
		buffer_text(out, "Only its digest is known; its bytes may come from a judged "
				 "file.\n");
		return;
	}
	switch (s->item) {
	case TRUST_CERTIFICATE: pem_encode(out, "CERTIFICATE", s->der); break;
	case TRUST_PUBLIC_KEY: pem_encode(out, "PUBLIC KEY", s->der); break;
	case TRUST_OPENPGP_KEY: armor_encode(out, "PGP PUBLIC KEY BLOCK", s->der); break;
	case TRUST_ED25519:
		buffer_text(out, "untrusted comment: public key\n");
		base64_encode(out, s->der);
		buffer_char(out, '\n');
		break;
	case TRUST_SIGSTORE_ROOT:
		buffer_printf(out, "a document of %zu octets\n", s->der.len);
		break;
	}
}

void trust_page(struct buffer *out, const struct trust_entry *e)
{
	buffer_text(out, "name        ");
	text_add(out, e->stored.name);
	buffer_text(out, "\nsha256      ");
	buffer_hex(out, SPAN_OF(e->stored.sha256));
	buffer_text(out, "\nsets        ");
	sets_add(out, e->stored.sets);
	buffer_printf(out, "\npublic root %s\norigin      ",
		      e->stored.public_root ? "yes" : "no");
	text_add(out, e->stored.origin);
	buffer_text(out, "\ndatabase    ");
	text_add(out, e->database ? e->database : "-");
	buffer_char(out, '\n');
	if (dates_known(e)) {
		buffer_text(out, "valid       ");
		date_add(out, e->valid_from);
		buffer_text(out, " to ");
		date_add(out, e->valid_until);
		buffer_char(out, '\n');
	}
	if (e->stored.item != TRUST_CERTIFICATE && e->key_id.len) {
		buffer_text(out, "key id      ");
		buffer_hex(out, e->key_id);
		buffer_char(out, '\n');
	}
	limits_page(out, &e->stored.limits);
	bytes_page(out, &e->stored);
}

void trust_lists(struct buffer *out, const struct trust_store *s, enum export_id format)
{
	static const enum list_kind kinds[] = { LIST_ROOTS, LIST_DISALLOWED };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct json j = json_begin(out);
		struct list_info info;

		if (!store_list(s, kinds[i], &info))
			continue;
		if (format == EXPORT_TEXT) {
			buffer_printf(out, "%s of ", info.name);
			date_add(out, info.this_update);
			buffer_char(out, '\n');
			continue;
		}
		json_object(&j, NULL);
		json_text(&j, "schema", "assay.list/1");
		json_text(&j, "name", info.name);
		json_time(&j, "made", info.this_update);
		json_hex(&j, "sha256", SPAN_OF(info.sha256));
		json_end(&j);
		buffer_char(out, '\n');
	}
}

static void count_add(struct buffer *out, size_t n, const char *one, const char *many)
{
	if (n)
		buffer_printf(out, "%zu %s\n", n, n == 1 ? one : many);
}

static void roots_json(struct json *j, const struct trust_change *c)
{
	if (!c->has_roots) {
		json_null(j, "roots");
		return;
	}
	json_object(j, "roots");
	json_time(j, "made", c->roots.this_update);
	json_u64(j, "roots", c->n_roots);
	json_u64(j, "anchors", c->n_root_anchors);
	json_u64(j, "with_certificate", c->n_roots_with_bytes);
	json_end(j);
}

static void disallowed_json(struct json *j, const struct trust_change *c)
{
	if (!c->has_disallowed) {
		json_null(j, "disallowed");
		return;
	}
	json_object(j, "disallowed");
	json_time(j, "made", c->disallowed.this_update);
	json_u64(j, "entries", c->n_disallowed);
	json_end(j);
}

static void removed_json(struct json *j, const struct trust_change *c)
{
	if (!c->removed) {
		json_null(j, "removed");
		return;
	}
	json_object(j, "removed");
	json_text(j, "name", c->removed);
	json_hex(j, "sha256", SPAN_OF(c->removed_sha256));
	json_end(j);
}

void trust_changed_json(struct buffer *out, const struct trust_change *c,
			const struct trust_target *target)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.trust-change/1");
	json_text(&j, "database", target->path);
	json_bool(&j, "dry_run", target->dry_run);
	json_u64(&j, "certificates", c->n_anchors);
	json_u64(&j, "keys", c->n_keys);
	json_u64(&j, "held_before", c->n_held);
	json_u64(&j, "limits_lost", c->n_unbound);
	json_u64(&j, "crls", c->n_crls);
	json_u64(&j, "ocsp_responses", c->n_ocsps);
	json_u64(&j, "db_certificates", c->n_uefi);
	json_u64(&j, "dbx_images", c->n_images);
	json_u64(&j, "dbx_certificates", c->n_distrusted);
	json_bool(&j, "dbx_empty", c->empty_dbx);
	roots_json(&j, c);
	disallowed_json(&j, c);
	removed_json(&j, c);
	json_end(&j);
	buffer_char(out, '\n');
}

void trust_changed(struct buffer *out, const struct trust_change *c,
		   const struct trust_target *target)
{
	if (c->has_roots) {
		buffer_text(out, "list of roots of ");
		date_add(out, c->roots.this_update);
		buffer_printf(out, ": %zu roots, %zu of them anchors, %zu with certificate\n",
			      c->n_roots, c->n_root_anchors, c->n_roots_with_bytes);
	}
	if (c->has_disallowed) {
		buffer_text(out, "list of disallowed certificates of ");
		date_add(out, c->disallowed.this_update);
		buffer_printf(out, ": %zu entries\n", c->n_disallowed);
	}
	count_add(out, c->n_anchors, "certificate added", "certificates added");
	count_add(out, c->n_keys, "key added", "keys added");
	count_add(out, c->n_held, "anchor was there already", "anchors were there already");
	count_add(out, c->n_uefi, "certificate of a Secure Boot db",
		  "certificates of a Secure Boot db");
	count_add(out, c->n_images, "image distrusted by a dbx", "images distrusted by a dbx");
	count_add(out, c->n_distrusted, "certificate distrusted by a dbx",
		  "certificates distrusted by a dbx");
	count_add(out, c->n_crls, "CRL", "CRLs");
	count_add(out, c->n_ocsps, "OCSP response", "OCSP responses");
	count_add(
		out, c->n_unbound,
		"of them loses the limits that its root programme sets: what you add has none",
		"of them lose the limits that their root programme sets: what you add has "
		"none");
	if (c->empty_dbx)
		buffer_text(out, "the dbx is empty: it distrusts nothing\n");
	if (c->removed) {
		buffer_text(out, "no anchor any more: ");
		text_add(out, c->removed);
		buffer_char(out, ' ');
		buffer_hex(out, span_clip(SPAN_OF(c->removed_sha256), 0, DIGEST_SHOWN));
		buffer_char(out, '\n');
	}
	buffer_text(out, target->dry_run ? "not written to " : "written to ");
	text_add(out, target->path);
	buffer_char(out, '\n');
}
