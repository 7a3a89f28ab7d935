/* SPDX-License-Identifier: MIT */
/* Ids of STIX objects (STIX 2.1, 2.9; RFC 4122 version 5), and which of them stand there. */
#include "evidence/stix_id.h"

#include "base/utf8.h"

/* Of observables, as the standard says (2.9); and of everything else that we make. */
static const struct uuid of_observables = {
	{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15,
         0xa9, 0xb7}
};
static const struct uuid of_ours = {
	{0x5a, 0x0d, 0x6b, 0x1e, 0x3c, 0x27, 0x4f, 0x91, 0x8e, 0x44, 0x1c, 0x9b, 0x70, 0xd2,
         0xa6, 0x35}
};

#define SEEN_PROBES 16

bool stix_is_new(struct exporting *e, const struct stix_id *id)
{
	static const struct uuid none;
	size_t at = ((size_t)id->uuid.bytes[0] << 8) | id->uuid.bytes[1];

	for (size_t i = 0; e->seen && i < SEEN_PROBES; i++) {
		struct uuid *slot = &e->seen->slots[(at + i) % STIX_SEEN_SLOTS];

		if (memcmp(slot, &id->uuid, sizeof(*slot)) == 0)
			return false;
		if (memcmp(slot, &none, sizeof(*slot)) == 0) {
			*slot = id->uuid;
			return true;
		}
	}
	return true;
}

/* An id is made of the octets that @name holds. */
static struct stix_id id_make(struct exporting *e, const char *type,
			      const struct uuid *name_space, const struct buffer *name)
{
	struct stix_id id = { .type = type };

	if (buffer_status(name) != STATUS_OK ||
	    uuid_of_name(name_space, buffer_span(name), &id.uuid) != STATUS_OK)
		e->json.out->failed = true;
	return id;
}

struct stix_id stix_id_made(struct exporting *e, const char *type, const struct buffer *name)
{
	return id_make(e, type, &of_ours, name);
}

struct stix_id stix_id_of(struct exporting *e, const char *type, const char *name)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_text(&text, type);
	buffer_char(&text, '\n');
	buffer_text(&text, name);
	return id_make(e, type, &of_ours, &text);
}

void stix_id_write(struct buffer *out, const struct stix_id *id)
{
	buffer_text(out, id->type);
	buffer_text(out, "--");
	uuid_write(out, &id->uuid);
}

void stix_add_id(struct json *j, const char *key, const struct stix_id *id)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	stix_id_write(&text, id);
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static uint32_t unit_at(struct span text, uint64_t at)
{
	uint32_t unit = 0;

	for (uint64_t i = 2; i < 6; i++) {
		uint8_t c = span_at(text, at + i);

		unit = unit << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return unit;
}

/*
 * The canonical form (RFC 8785) of JSON that our writer made with its members in
 * order: characters beyond ASCII stand there themselves, not as \uNNNN.
 */
static void canonical_write(struct buffer *out, struct span json)
{
	uint64_t at = 0;

	while (at < json.len && !out->failed) {
		uint32_t unit;

		if (span_at(json, at) != '\\' || span_at(json, at + 1) != 'u') {
			uint64_t n = span_at(json, at) == '\\' ? 2 : 1;

			buffer_add(out, span_clip(json, at, n));
			at += n;
			continue;
		}
		unit = unit_at(json, at);
		if (unit < 0x20) {
			buffer_add(out, span_clip(json, at, 6));
		} else if (unit >= 0xD800 && unit < 0xDC00) {
			utf8_add(out, 0x10000 + ((unit - 0xD800) << 10) +
					      (unit_at(json, at + 6) - 0xDC00));
			at += 6;
		} else {
			utf8_add(out, unit);
		}
		at += 6;
	}
}

struct stix_id stix_id_of_observable(struct exporting *e, const char *type,
				     const struct buffer *json)
{
	CLEANUP(buffer_free) struct buffer canonical = BUFFER_INIT;

	canonical_write(&canonical, buffer_span(json));
	if (buffer_status(json) != STATUS_OK)
		canonical.failed = true;
	return id_make(e, type, &of_observables, &canonical);
}

void stix_begin_object(struct exporting *e, const struct stix_id *id)
{
	CLEANUP(buffer_free) struct buffer chain = BUFFER_INIT;
	struct stix_id next;

	buffer_add(&chain, SPAN_OF(e->chain));
	stix_id_write(&chain, id);
	next = id_make(e, "bundle", &of_ours, &chain);
	for (size_t i = 0; i < sizeof(e->chain); i++)
		e->chain[i] = next.uuid.bytes[i];
	json_object(&e->json, NULL);
	json_text(&e->json, "type", id->type);
	json_text(&e->json, "spec_version", "2.1");
	stix_add_id(&e->json, "id", id);
}
