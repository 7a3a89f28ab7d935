/* SPDX-License-Identifier: MIT */
/* What more than one JSON form of a report holds. */
#include "evidence/parts.h"

void range_json(struct json *j, const char *key, struct range r)
{
	json_object(j, key);
	json_u64(j, "offset", r.off);
	json_u64(j, "length", r.len);
	json_end(j);
}

void ranges_json(struct json *j, const char *key, const struct range *ranges, size_t n)
{
	json_array(j, key);
	for (size_t i = 0; i < n; i++)
		range_json(j, NULL, ranges[i]);
	json_end(j);
}

void hex_json(struct json *j, const char *key, struct span bytes)
{
	if (bytes.len)
		json_hex(j, key, bytes);
	else
		json_null(j, key);
}

void time_json(struct json *j, const char *key, bool known, int64_t seconds)
{
	if (known)
		json_time(j, key, seconds);
	else
		json_null(j, key);
}

void index_json(struct json *j, int signature)
{
	if (signature < 0)
		json_null(j, "signature");
	else
		json_u64(j, "signature", (uint64_t)signature);
}

void chain_json(struct json *j, const struct report_signature *s)
{
	json_array(j, "chain");
	for (size_t i = 0; i < s->n_chain; i++) {
		const struct report_certificate *c = &s->chain[i];

		json_object(j, NULL);
		json_text(j, "subject", c->subject);
		json_text(j, "issuer", c->issuer);
		json_hex(j, "sha256", SPAN_OF(c->sha256));
		json_hex(j, "serial", c->serial);
		json_time(j, "not_before", c->not_before);
		json_time(j, "not_after", c->not_after);
		json_bool(j, "anchor", c->anchor);
		json_end(j);
	}
	json_end(j);
}
