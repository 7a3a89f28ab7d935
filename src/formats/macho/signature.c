/* SPDX-License-Identifier: MIT */
/*
 * Where the signature of a slice lies: LC_CODE_SIGNATURE, __LINKEDIT and the
 * slice must end together, and the signature must cover everything before it.
 *
 * Follows MachORep (machorep.cpp, Apple, Security framework) and its strict rules.
 */
#include "formats/macho/reading.h"

static void hole_note(struct macho_reading *r, struct macho_slice *s, const char *rule,
		      struct range where, const char *expected)
{
	s->holes = true;
	finding_add(r->findings, rule, where, expected,
		    arena_printf(r->arena, "%llu bytes", (unsigned long long)where.len));
}

/* False: it leads nowhere. */
static bool place_judge(struct macho_reading *r, struct macho_slice *s,
			const struct macho_commands *c)
{
	uint64_t headers = s->headers_end - s->where.off, end = c->data_off + c->data_size;

	if (c->data_off < headers || end > s->where.len) {
		slice_break(r, s, "macho.signature-outside", c->command,
			    "a signature inside the file",
			    arena_printf(r->arena, "%llu bytes at %llu",
					 (unsigned long long)c->data_size,
					 (unsigned long long)c->data_off));
		return false;
	}
	s->signature = (struct range){ s->where.off + c->data_off, c->data_size };
	return true;
}

/* Bytes of the slice that lie behind the signature, or a segment that does not end with it. */
static void end_judge(struct macho_reading *r, struct macho_slice *s,
		      const struct macho_commands *c)
{
	uint64_t end = c->data_off + c->data_size, size = s->where.len;
	struct range behind = { s->where.off + end, size - end };

	if (c->has_linkedit && end < c->linkedit_end && c->linkedit_end <= size) {
		slice_break(r, s, "macho.signature-short", c->command,
			    "a signature up to the end of __LINKEDIT",
			    arena_printf(r->arena, "%llu bytes less",
					 (unsigned long long)(c->linkedit_end - end)));
		return;
	}
	if (behind.len > 0)
		hole_note(r, s, "macho.trailing-data", behind,
			  "the end of the program behind its signature");
	else if (c->has_linkedit && c->linkedit_end != size)
		hole_note(r, s, "macho.linkedit-length", c->command,
			  "__LINKEDIT up to the end of the program");
}

/* Padding that signers leave: up to some 24 KB of zeros. */
static void slack_judge(struct macho_reading *r, struct macho_slice *s, struct span data)
{
	uint64_t used = s->code->whole.len;
	struct span slack = span_after(data, used);

	if (s->code->empty || used == 0 || span_is_zero(slack))
		return;
	hole_note(r, s, "macho.sig-slack-data",
		  (struct range){ s->signature.off + used, slack.len },
		  "zeros behind the signature");
}

/* Each CodeDirectory must cover everything up to the signature. */
static void limits_judge(struct macho_reading *r, struct macho_slice *s,
			 const struct macho_commands *c)
{
	for (size_t i = 0; i < s->code->n_directories; i++) {
		const struct code_directory *d = &s->code->directories[i];

		if (d->code_limit == c->data_off || d->unsupported)
			continue;
		s->limit_differs = true;
		finding_add(r->findings, "macho.cd-code-limit",
			    (struct range){ d->off, d->whole.len },
			    arena_printf(r->arena, "%llu bytes covered",
					 (unsigned long long)c->data_off),
			    arena_printf(r->arena, "%llu", (unsigned long long)d->code_limit));
	}
}

/* What the SuperBlob lacks or has too much of. */
static void content_judge(struct macho_reading *r, struct macho_slice *s)
{
	const struct code_signature *code = s->code;

	if (code->broken) {
		s->broken = true;
		return;
	}
	if (code->empty || code->n_directories == 0)
		finding_add(r->findings, "macho.signature-empty", s->signature,
			    "a CodeDirectory", code->empty ? "zeros" : "none");
	if (code->n_directories == 0 && (code->cms.len > 0 || code->cms_misplaced))
		slice_break(r, s, "macho.cms-without-directory", s->signature,
			    "a CodeDirectory beside a CMS signature", NULL);
}

enum status slice_signature(struct macho_reading *r, struct macho_slice *s,
			    const struct macho_commands *c)
{
	struct code_signature *code;
	struct span data;

	if (!place_judge(r, s, c))
		return STATUS_OK;
	end_judge(r, s, c);
	if (s->signature.len > CODE_SIGNATURE_MAX_BYTES) {
		finding_add(
			r->findings, "limit.code-signature", s->signature, "at most 32 MiB",
			arena_printf(r->arena, "%llu bytes", (unsigned long long)c->data_size));
		return STATUS_LIMIT;
	}
	TRY(view_part(r->view, s->signature.off, s->signature.len, &data));
	code = ARENA_NEW(r->arena, struct code_signature, 1);
	if (!code)
		return STATUS_NO_MEMORY;
	TRY(code_signature_read(r->arena, data, s->signature.off, r->findings, code));
	s->code = code;
	content_judge(r, s);
	limits_judge(r, s, c);
	slack_judge(r, s, data);
	return STATUS_OK;
}
