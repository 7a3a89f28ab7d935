/* SPDX-License-Identifier: MIT */
#include "formats/kernel_module/kernel_module.h"

#include "base/escape.h"
#include "formats/elf_regions.h"
#include "structure/der.h"

#define MODINFO_MAX_BYTES ((uint64_t)1 << 20)
#define TEXT_SHOWN        128
#define ID_TYPE_PKCS7     2

struct reading {
	struct view *view;
	struct arena *arena;
	struct findings *findings;
	struct container *out;
	struct kernel_module *module;
};

/* struct module_signature of the kernel. */
struct trailer {
	uint8_t algo, hash, id_type, signer_len, key_id_len;
	struct span pad;
	uint64_t sig_len;
};

static bool kernel_module_sniff(struct span head)
{
	uint16_t type;

	return elf_sniff(head, &type) && type == ELF_RELOCATABLE;
}

static struct trailer trailer_read(struct span bytes)
{
	struct cursor c = cursor_at(bytes, 0);
	struct trailer t = { .algo = cursor_u8(&c), .hash = cursor_u8(&c) };

	t.id_type = cursor_u8(&c);
	t.signer_len = cursor_u8(&c);
	t.key_id_len = cursor_u8(&c);
	t.pad = cursor_take(&c, 3);
	t.sig_len = cursor_be(&c, 4);
	return t;
}

/* "name=value", one after the other, each ended by NUL. */
static const char *modinfo_value(struct arena *a, struct span info, const char *key)
{
	size_t len = strlen(key);

	while (info.len > 0) {
		struct span entry = info;
		uint64_t end;

		if (span_find(info, SPAN_LITERAL("\0"), 0, &end)) {
			entry = span_clip(info, 0, end);
			info = span_after(info, end + 1);
		} else {
			info = SPAN_NONE;
		}
		if (span_starts(entry, key, len))
			return escape_string(a, span_after(entry, len), TEXT_SHOWN);
	}
	return NULL;
}

static enum status modinfo_read(struct reading *r)
{
	const struct elf_section *s = elf_section_find(&r->module->elf, ".modinfo");
	struct span info;

	if (!s)
		return STATUS_OK;
	TRY(view_clip(r->view, s->where.off,
		      s->where.len < MODINFO_MAX_BYTES ? s->where.len : MODINFO_MAX_BYTES,
		      &info));
	r->module->name = modinfo_value(r->arena, info, "name=");
	r->module->vermagic = modinfo_value(r->arena, info, "vermagic=");
	r->module->version = modinfo_value(r->arena, info, "version=");
	return STATUS_OK;
}

static void module_break(struct reading *r, const char *rule, struct range where,
			 const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

/* mod_check_sig() of the kernel: false: it goes no further. */
static bool trailer_check(struct reading *r, const struct trailer *t, struct range where)
{
	uint64_t before = where.off;

	if (t->sig_len >= before) {
		module_break(r, "kmod.signature-length", where,
			     arena_printf(r->arena, "less than %ju octets", (uintmax_t)before),
			     arena_printf(r->arena, "%ju", (uintmax_t)t->sig_len));
		return false;
	}
	if (t->id_type != ID_TYPE_PKCS7) {
		module_break(r, "kmod.id-type", where, "2 (PKCS #7)",
			     arena_printf(r->arena, "%u", t->id_type));
		return false;
	}
	if (t->algo || t->hash || t->signer_len || t->key_id_len || !span_is_zero(t->pad))
		module_break(r, "kmod.header", where, "zeros, but for type and length",
			     "another octet");
	return true;
}

static enum status claim_add(struct reading *r, uint64_t end)
{
	struct kernel_module *m = r->module;
	struct claim *claim = ARENA_NEW(r->arena, struct claim, 1);
	struct coverage *covered = ARENA_NEW(r->arena, struct coverage, 1);
	struct piece *piece = ARENA_NEW(r->arena, struct piece, 1);

	if (!claim || !covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = m->payload };
	*covered = (struct coverage){ piece, 1 };
	*claim = (struct claim){
		.scheme = "kernel_module",
		.presence = ASSAY_PRESENCE_APPENDED,
		.where = {m->pkcs7.off, end - m->pkcs7.off},
		.signature_off = m->pkcs7.off,
		.covered = covered,
	};
	TRY(view_part(r->view, m->pkcs7.off, m->pkcs7.len, &claim->signature));
	r->out->claims = claim;
	return STATUS_OK;
}

/* The part of the file [@from, @to), as far as it is searched: its end. */
static enum status behind_read(struct reading *r, uint64_t from, uint64_t to, struct span *out,
			       uint64_t *off)
{
	*off = to - from > KMOD_MAX_SEARCH ? to - KMOD_MAX_SEARCH : from;
	return view_part(r->view, *off, to - *off, out);
}

/* Only the last marker counts: another signature below it is just bytes. */
static enum status payload_look(struct reading *r)
{
	const struct kernel_module *m = r->module;
	uint64_t end = m->payload.len, from = m->elf.end, off;
	struct span behind;
	uint64_t at;

	if (from >= end)
		return STATUS_OK;
	TRY(behind_read(r, from, end, &behind, &off));
	if (span_find(behind, SPAN_TEXT(KMOD_MARKER), 0, &at))
		finding_add(r->findings, "kmod.double-signature",
			    (struct range){ off + at, KMOD_MARKER_BYTES }, "one signature",
			    "another one in what is signed");
	else
		finding_add(r->findings, "kmod.gap", (struct range){ from, end - from }, NULL,
			    NULL);
	return STATUS_OK;
}

/* Does a signature's end stand at the end of @behind, the text of the marker aside? */
static bool ends_in_trailer(struct span behind, uint64_t *begin)
{
	struct trailer t;
	struct span pkcs7;
	struct der whole;

	if (behind.len < KMOD_TRAILER)
		return false;
	t = trailer_read(span_after(behind, behind.len - KMOD_TRAILER));
	if (t.id_type != ID_TYPE_PKCS7 || t.sig_len > behind.len - KMOD_TRAILER)
		return false;
	*begin = behind.len - KMOD_TRAILER - t.sig_len;
	pkcs7 = span_clip(behind, *begin, t.sig_len);
	return der_only(pkcs7, DER_SEQUENCE, &whole, &pkcs7);
}

/* The kernel takes it as unsigned; but was it so when it was made? */
static enum status traces_look(struct reading *r)
{
	const struct kernel_module *m = r->module;
	uint64_t from = m->elf.end, size = r->view->size, off, at, begin = 0;
	struct span behind, before;

	if (from >= size)
		return STATUS_OK;
	TRY(behind_read(r, from, size, &behind, &off));
	before = behind;
	if (span_find(behind, SPAN_TEXT(KMOD_MARKER), 0, &at)) {
		before = span_clip(behind, 0, at);
		finding_add(r->findings, "kmod.marker-not-at-eof",
			    (struct range){ off + at, KMOD_MARKER_BYTES },
			    "the text at the very end of the file",
			    arena_printf(r->arena, "%zu octets behind it",
					 behind.len - (size_t)at - KMOD_MARKER_BYTES));
		r->out->stripped = true;
	}
	if (ends_in_trailer(before, &begin)) {
		r->out->stripped = true;
		r->out->orphan = span_clip(before, begin, before.len - KMOD_TRAILER - begin);
		r->out->orphan_where = (struct range){ off + begin, r->out->orphan.len };
		if (before.len == behind.len)
			finding_add(r->findings, "kmod.signature-remains", r->out->orphan_where,
				    NULL, NULL);
	} else if (!r->out->stripped) {
		finding_add(r->findings, "kmod.trailing", (struct range){ from, size - from },
			    NULL, NULL);
	}
	return STATUS_OK;
}

/* What stands at the end of the file. */
static enum status signature_read(struct reading *r)
{
	struct kernel_module *m = r->module;
	uint64_t size = r->view->size, end = size - KMOD_MARKER_BYTES;
	struct range where = { 0, KMOD_TRAILER };
	struct trailer t;
	struct span bytes;

	m->payload = (struct range){ 0, size };
	TRY(view_clip(r->view, size < KMOD_MARKER_BYTES ? 0 : end, KMOD_MARKER_BYTES, &bytes));
	if (!span_equal(bytes, SPAN_TEXT(KMOD_MARKER)))
		return traces_look(r);
	if (end < KMOD_TRAILER) {
		module_break(r, "kmod.signature-length", (struct range){ 0, end }, NULL, NULL);
		return STATUS_OK;
	}
	where.off = end - KMOD_TRAILER;
	TRY(view_part(r->view, where.off, where.len, &bytes));
	t = trailer_read(bytes);
	if (!trailer_check(r, &t, where))
		return STATUS_OK;
	if (t.sig_len > KMOD_MAX_PKCS7) {
		finding_add(r->findings, "limit.kmod-signature", where, NULL, NULL);
		return STATUS_LIMIT;
	}
	m->pkcs7 = (struct range){ where.off - t.sig_len, t.sig_len };
	m->payload.len = m->pkcs7.off;
	TRY(payload_look(r));
	return claim_add(r, size);
}

static bool is_module(const struct elf *e)
{
	return elf_section_find(e, ".modinfo") ||
	       elf_section_find(e, ".gnu.linkonce.this_module");
}

/* A module whose tables are spoilt is still told by what stands behind it. */
static enum status module_recognise(struct reading *r)
{
	uint64_t size = r->view->size;
	struct span head, tail;

	TRY(view_clip(r->view, 0, ELF_HEADER_MAX, &head));
	if (!kernel_module_sniff(head))
		return STATUS_NOT_MINE;
	TRY(elf_read(r->view, r->arena, &r->module->elf));
	if (is_module(&r->module->elf))
		return STATUS_OK;
	TRY(view_clip(r->view, size < KMOD_MARKER_BYTES ? 0 : size - KMOD_MARKER_BYTES,
		      KMOD_MARKER_BYTES, &tail));
	return span_equal(tail, SPAN_TEXT(KMOD_MARKER)) ? STATUS_OK : STATUS_NOT_MINE;
}

static enum status kernel_module_read(struct view *view, struct findings *findings,
				      struct container *out)
{
	struct reading r = { view, findings->arena, findings, out, NULL };
	struct range signature = { 0, 0 };
	enum status status;
	const char *kind;

	r.module = ARENA_NEW(r.arena, struct kernel_module, 1);
	if (!r.module)
		return STATUS_NO_MEMORY;
	status = module_recognise(&r);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.elf", (struct range){ 0, 0 }, NULL, NULL);
	TRY(status);
	TRY(modinfo_read(&r));
	TRY(signature_read(&r));
	kind = elf_kind(r.arena, &r.module->elf);
	out->variant = kind ? arena_printf(r.arena, "%s kernel module", kind) : NULL;
	if (!out->variant)
		return STATUS_NO_MEMORY;
	if (r.module->elf.problem)
		finding_add(findings, "elf.tables",
			    (struct range){ 0, r.module->elf.header_len },
			    "tables inside the file", r.module->elf.problem);
	out->kernel_module = r.module;
	if (out->claims)
		signature = out->claims->where;
	return elf_regions(r.arena, &r.module->elf, view->size, signature, out);
}

const struct format format_kernel_module = {
	.name = "kernel_module",
	.title = "Linux kernel module",
	.packed_too = true,
	.sniff = kernel_module_sniff,
	.read = kernel_module_read,
};
