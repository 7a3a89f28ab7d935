/* SPDX-License-Identifier: MIT */
/* What is signed: a few lines of text that hold the hash of the package. */
#include "base/base64.h"
#include "verify/nuget/state.h"

static const struct {
	const char *name;
	enum digest_algorithm algorithm;
} hashes[] = {
	{"2.16.840.1.101.3.4.2.1-Hash",  DIGEST_SHA256},
	{ "2.16.840.1.101.3.4.2.2-Hash", DIGEST_SHA384},
	{ "2.16.840.1.101.3.4.2.3-Hash", DIGEST_SHA512},
};

/* The next line, without its end; false: the text has ended. */
static bool line_next(struct span *text, struct span *line)
{
	uint64_t at, end;

	if (!span_find(*text, SPAN_LITERAL("\n"), 0, &at))
		return false;
	end = at > 0 && span_at(*text, at - 1) == '\r' ? at - 1 : at;
	*line = span_clip(*text, 0, end);
	*text = span_after(*text, at + 1);
	return true;
}

/* "name:value" */
static bool property_split(struct span line, struct span *name, struct span *value)
{
	uint64_t at;

	if (!span_find(line, SPAN_LITERAL(":"), 0, &at))
		return false;
	*name = span_clip(line, 0, at);
	*value = span_after(line, at + 1);
	return true;
}

/* The first section says in which version the rest is written. */
static bool version_read(struct span *text)
{
	struct span line, name, value;
	bool known = false;

	while (line_next(text, &line)) {
		if (line.len == 0)
			return known;
		if (!property_split(line, &name, &value))
			return false;
		if (span_equal(name, SPAN_LITERAL("Version")))
			known = span_equal(value, SPAN_LITERAL("1"));
	}
	return false;
}

static enum status hash_read(struct arena *a, struct span name, struct span value,
			     struct nuget_content *out, bool *ok)
{
	enum status status;

	for (size_t i = 0; i < COUNT_OF(hashes); i++) {
		if (!span_equal(name, SPAN_TEXT(hashes[i].name)))
			continue;
		*ok = out->algorithm == DIGEST_NONE;
		out->algorithm = hashes[i].algorithm;
		status = base64_decode_span(a, value, &out->hash);
		if (status == STATUS_NO_MEMORY)
			return status;
		*ok = *ok && status == STATUS_OK &&
		      out->hash.len == digest_size(out->algorithm);
		return STATUS_OK;
	}
	return STATUS_OK;
}

enum status nuget_content_read(struct arena *a, struct span text, struct nuget_content *out,
			       bool *ok)
{
	struct span line, name, value;

	*out = (struct nuget_content){ 0 };
	*ok = version_read(&text);
	while (*ok && line_next(&text, &line) && line.len > 0) {
		*ok = property_split(line, &name, &value);
		if (*ok)
			TRY(hash_read(a, name, value, out, ok));
	}
	*ok = *ok && text.len == 0;
	return STATUS_OK;
}
