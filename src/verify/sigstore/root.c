/* SPDX-License-Identifier: MIT */
/*
 * The trusted root (sigstore_trustroot.proto 0.1): logs, logs of certificates,
 * authorities for certificates and for timestamps, each with the time for which
 * it is believed.  One without a beginning is not believed at all.
 */
#include "base/time.h"
#include "verify/sigstore/state.h"

#define MEDIA_TYPE "application/vnd.dev.sigstore.trustedroot"

static bool time_take(struct arena *a, struct span text, int64_t *out)
{
	const char *string = arena_string(a, text);

	return string && time_parse(string, out);
}

/* False: not valid at any time. */
static bool validity_read(struct arena *a, const struct json_value *valid, int64_t *from,
			  int64_t *until)
{
	const struct json_value *end = json_member(valid, "end");

	*until = INT64_MAX;
	return time_take(a, json_member_text(valid, "start"), from) &&
	       (!end || time_take(a, json_member_text(valid, "end"), until));
}

/* "https://rekor.sigstore.dev/" signs as "rekor.sigstore.dev". */
static struct span host_of(struct span url)
{
	uint64_t at;

	if (span_find(url, SPAN_LITERAL("://"), 0, &at))
		url = span_after(url, at + strlen("://"));
	while (url.len > 0 && span_at(url, url.len - 1) == '/')
		url = span_clip(url, 0, url.len - 1);
	return url;
}

static enum status log_read(struct arena *a, const struct json_value *v,
			    struct sigstore_logs *out)
{
	const struct json_value *key = json_member(v, "publicKey");
	struct sigstore_log *log = &out->each[out->n];
	struct span bytes;

	TRY(sigstore_octets(a, json_member(v, "logId"), "keyId", &log->id));
	TRY(sigstore_octets(a, key, "rawBytes", &bytes));
	log->host = host_of(json_member_text(v, "baseUrl"));
	if (log->id.len != SIGSTORE_LOG_ID || bytes.len == 0 ||
	    !validity_read(a, json_member(key, "validFor"), &log->from, &log->until))
		return STATUS_OK;
	TRY(sigstore_key_read(a, bytes, json_member_text(key, "keyDetails"), &log->key));
	out->n++;
	return STATUS_OK;
}

static enum status logs_read(struct arena *a, const struct json_value *list,
			     struct sigstore_logs *out)
{
	size_t count = json_count(list);

	if (count > SIGSTORE_MAX_LOGS)
		return STATUS_LIMIT;
	out->each = ARENA_NEW(a, struct sigstore_log, count + 1);
	if (!out->each)
		return STATUS_NO_MEMORY;
	for (const struct json_value *v = list ? list->first : NULL; v; v = v->next)
		TRY(log_read(a, v, out));
	return STATUS_OK;
}

static enum status authority_read(struct arena *a, const struct json_value *v,
				  struct sigstore_authorities *out)
{
	const struct json_value *list =
		json_member_of(json_member(v, "certChain"), "certificates", JSON_KIND_ARRAY);
	struct sigstore_authority *authority = &out->each[out->n];

	authority->n = 0;
	if (json_count(list) > SIGSTORE_MAX_CERTS)
		return STATUS_LIMIT;
	if (json_count(list) == 0 ||
	    !validity_read(a, json_member(v, "validFor"), &authority->from, &authority->until))
		return STATUS_OK;
	for (v = list->first; v; v = v->next) {
		struct span der;
		enum status status;

		TRY(sigstore_octets(a, v, "rawBytes", &der));
		status =
			der.len ? certificate_read(der, &authority->certs[authority->n++], NULL)
				: STATUS_MALFORMED;
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK)
			return STATUS_OK;
	}
	out->n++;
	return STATUS_OK;
}

static enum status authorities_read(struct arena *a, const struct json_value *list,
				    struct sigstore_authorities *out)
{
	size_t count = json_count(list);

	if (count > SIGSTORE_MAX_LOGS)
		return STATUS_LIMIT;
	out->each = ARENA_NEW(a, struct sigstore_authority, count + 1);
	if (!out->each)
		return STATUS_NO_MEMORY;
	for (const struct json_value *v = list ? list->first : NULL; v; v = v->next)
		TRY(authority_read(a, v, out));
	return STATUS_OK;
}

enum status sigstore_root_read(struct arena *a, struct span text, struct sigstore_root *out)
{
	const struct json_value *top;

	*out = (struct sigstore_root){ 0 };
	TRY(json_read(a, text, &top));
	if (!span_starts(json_member_text(top, "mediaType"), MEDIA_TYPE, strlen(MEDIA_TYPE)))
		return STATUS_MALFORMED;
	TRY(logs_read(a, json_member_of(top, "tlogs", JSON_KIND_ARRAY), &out->logs));
	TRY(logs_read(a, json_member_of(top, "ctlogs", JSON_KIND_ARRAY), &out->ct_logs));
	TRY(authorities_read(a, json_member_of(top, "certificateAuthorities", JSON_KIND_ARRAY),
			     &out->issuers));
	return authorities_read(a, json_member_of(top, "timestampAuthorities", JSON_KIND_ARRAY),
				&out->stampers);
}

const struct sigstore_log *sigstore_log_find(const struct sigstore_logs *logs, struct span id)
{
	for (size_t i = 0; i < logs->n; i++)
		if (span_equal(logs->each[i].id, id))
			return &logs->each[i];
	return NULL;
}
