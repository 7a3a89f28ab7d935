/* SPDX-License-Identifier: MIT */
/*
 * The table of contents: XML without a document type.  What is said twice is
 * refused, for two readers could take one each.
 */
#include "base/base64.h"
#include "base/escape.h"
#include "base/hex.h"
#include "formats/xar/reading.h"
#include "structure/xml/xml_tree.h"

#define KEYS       "http://www.w3.org/2000/09/xmldsig#"
#define MAX_DIGITS 18
#define MAX_NAME   64 /* of a file, as it is shown */

static const struct {
	const char *name;
	size_t size;
} checksums[XAR_CHECKSUMS] = {
	[XAR_CHECKSUM_NONE] = {"",        0 },
          [XAR_MD5] = { "md5",    16},
	[XAR_SHA1] = { "sha1",   20},
          [XAR_SHA256] = { "sha256", 32},
	[XAR_SHA512] = { "sha512", 64},
};

static void wrong(struct xar_reading *r, const char *observed)
{
	xar_break(r, "xar.toc-malformed", r->xar->toc, NULL, observed);
}

static enum xar_checksum style_of(const struct xml_node *e)
{
	struct span style = xml_attribute_value(e, "style");

	for (size_t i = XAR_MD5; i < XAR_CHECKSUMS; i++)
		if (span_equal_nocase(style, SPAN_TEXT(checksums[i].name)))
			return (enum xar_checksum)i;
	return XAR_CHECKSUM_NONE;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum status text_of(struct xar_reading *r, const struct xml_node *e, struct span *out)
{
	TRY(xml_content(r->arena, e, out));
	while (out->len > 0 && blank(span_at(*out, 0)))
		*out = span_after(*out, 1);
	while (out->len > 0 && blank(span_at(*out, out->len - 1)))
		*out = span_clip(*out, 0, out->len - 1);
	return STATUS_OK;
}

static bool number_parse(struct span text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '9')
			return false;
		*out = *out * 10 + (uint64_t)(c - '0');
	}
	return text.len > 0 && text.len <= MAX_DIGITS;
}

enum said { SAID_NOT, SAID_ONCE, SAID_WRONG };

/* The number in the only child @name. */
static enum status number_of(struct xar_reading *r, const struct xml_node *parent,
			     const char *name, uint64_t *out, enum said *said)
{
	const struct xml_node *e = xml_child(parent, "", name, NULL);
	struct span text;

	*said = SAID_NOT;
	if (!e)
		return STATUS_OK;
	TRY(text_of(r, e, &text));
	*said = number_parse(text, out) && !xml_child(parent, "", name, e) ? SAID_ONCE
									   : SAID_WRONG;
	return STATUS_OK;
}

/* Where in the file the bytes of @e lie; zero long: it has none. */
static enum status place_of(struct xar_reading *r, const struct xml_node *e,
			    const char *length_name, struct range *out)
{
	uint64_t off = 0, len = 0, room = r->xar->tail - r->xar->heap;
	enum said has_off, has_len;

	*out = (struct range){ 0, 0 };
	TRY(number_of(r, e, "offset", &off, &has_off));
	TRY(number_of(r, e, length_name, &len, &has_len));
	if (has_off == SAID_WRONG || has_len == SAID_WRONG || has_off != has_len) {
		wrong(r, "a place that is not said once, in digits");
		return STATUS_OK;
	}
	if (off > room || len > room - off) {
		xar_break(r, "xar.outside", r->xar->toc, "a place in the heap",
			  arena_printf(r->arena, "%llu bytes at %llu", (unsigned long long)len,
				       (unsigned long long)off));
		return STATUS_OK;
	}
	if (len > 0)
		*out = (struct range){ r->xar->heap + off, len };
	return STATUS_OK;
}

static enum status checksum_read(struct xar_reading *r, const struct xml_node *toc)
{
	/* What the numbers in the header stand for; 3 is "another one". */
	static const enum xar_checksum by_number[] = { XAR_CHECKSUM_NONE, XAR_SHA1, XAR_MD5,
						       XAR_SHA256, XAR_SHA512 };
	const struct xml_node *e = xml_child(toc, "", "checksum", NULL);
	struct xar_image *xar = r->xar;
	bool agree;

	if (e && xml_child(toc, "", "checksum", e))
		wrong(r, "two checksums of the table");
	xar->checksum = e ? style_of(e) : XAR_CHECKSUM_NONE;
	agree = r->wanted < COUNT_OF(by_number) && by_number[r->wanted] == xar->checksum;
	if (!agree && !(r->wanted == 3 && xar->checksum != XAR_CHECKSUM_NONE))
		xar_break(r, "xar.checksum-contradicts", (struct range){ 0, XAR_HEADER },
			  "header and table name the same checksum",
			  checksums[xar->checksum].name);
	if (!e)
		return STATUS_OK;
	TRY(place_of(r, e, "size", &xar->checksum_where));
	if (xar->checksum_where.len != checksums[xar->checksum].size && !xar->broken)
		wrong(r, "a checksum of another length");
	return STATUS_OK;
}

static enum status certificates_read(struct xar_reading *r, const struct xml_node *signature,
				     struct xar_signature *out)
{
	for (const struct xml_node *e = xml_element_next(signature, signature); e;
	     e = xml_element_next(signature, e)) {
		enum status status;
		struct span text;

		if (!xml_name_is(&e->name, KEYS, "X509Certificate"))
			continue;
		if (out->n_certificates == XAR_MAX_CERTIFICATES) {
			finding_add(r->findings, "limit.xar", r->xar->toc, NULL,
				    "too many certificates");
			return STATUS_LIMIT;
		}
		TRY(xml_content(r->arena, e, &text));
		status = base64_decode_span(r->arena, text,
					    &out->certificates[out->n_certificates]);
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status == STATUS_OK)
			out->n_certificates++;
		else
			wrong(r, "a certificate that is no base64");
	}
	return STATUS_OK;
}

static enum status signature_read(struct xar_reading *r, const struct xml_node *toc,
				  const char *name, const char *style, enum xar_style which)
{
	struct xar_signature *out = &r->xar->signatures[which];

	for (const struct xml_node *e = xml_child(toc, "", name, NULL); e;
	     e = xml_child(toc, "", name, e)) {
		if (!span_equal_nocase(xml_attribute_value(e, "style"), SPAN_TEXT(style)) ||
		    out->where.len > 0) {
			wrong(r, "a signature of another style, or two of one");
			continue;
		}
		TRY(place_of(r, e, "size", &out->where));
		if (out->where.len == 0 && !r->xar->broken)
			wrong(r, "a signature without bytes");
		if (out->where.len > XAR_MAX_SIGNATURE) {
			finding_add(r->findings, "limit.xar", out->where, "at most 4 MiB",
				    NULL);
			return STATUS_LIMIT;
		}
		TRY(certificates_read(r, e, out));
	}
	return STATUS_OK;
}

/* The name of the file that @data belongs to. */
static enum status name_of(struct xar_reading *r, const struct xml_node *data, const char **out)
{
	const struct xml_node *e = xml_child(data->parent, "", "name", NULL);
	struct span text = SPAN_NONE;

	if (e)
		TRY(text_of(r, e, &text));
	*out = text.len > 0 ? escape_string(r->arena, text, MAX_NAME) : "file";
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

/* archived-checksum, of the bytes as they lie in the heap. */
static enum status archived_read(struct xar_reading *r, const struct xml_node *data,
				 struct xar_extent *out)
{
	const struct xml_node *e = xml_child(data, "", "archived-checksum", NULL);
	size_t size = e ? checksums[style_of(e)].size : 0;
	uint8_t *bytes;
	struct span text;

	if (!e || size == 0)
		return STATUS_OK;
	TRY(text_of(r, e, &text));
	bytes = ARENA_NEW(r->arena, uint8_t, size);
	if (!bytes)
		return STATUS_NO_MEMORY;
	if (xml_child(data, "", "archived-checksum", e) || !hex_parse(text, bytes, size)) {
		wrong(r, "a checksum that is not said once, in digits");
		return STATUS_OK;
	}
	out->kind = style_of(e);
	out->checksum = (struct span){ bytes, size };
	return STATUS_OK;
}

static bool has_bytes(const struct xml_node *e)
{
	return xml_name_is(&e->name, "", "ea") ||
	       (xml_name_is(&e->name, "", "data") && xml_name_is(&e->parent->name, "", "file"));
}

static enum status extents_read(struct xar_reading *r, const struct xml_node *toc, size_t room)
{
	struct xar_image *xar = r->xar;

	r->extents = ARENA_NEW(r->arena, struct xar_extent, room + 1);
	if (!r->extents)
		return STATUS_NO_MEMORY;
	for (const struct xml_node *e = xml_element_next(toc, toc); e;
	     e = xml_element_next(toc, e)) {
		struct xar_extent *x = &r->extents[xar->n_extents];

		if (!has_bytes(e))
			continue;
		*x = (struct xar_extent){ .name = NULL };
		TRY(place_of(r, e, "length", &x->where));
		if (x->where.len == 0)
			continue;
		TRY(name_of(r, e, &x->name));
		TRY(archived_read(r, e, x));
		xar->n_extents++;
	}
	return STATUS_OK;
}

enum status xar_toc_read(struct xar_reading *r, struct span xml)
{
	const struct xml_node *toc = NULL;
	struct xml_node *document;
	const char *problem = NULL;
	enum status status = xml_tree_read(r->arena, xml, &document, &problem);
	size_t n = 0;

	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.xar", r->xar->toc, NULL,
			    "a table that is too large");
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		wrong(r, problem ? problem : "XML of a kind that is not read");
		return STATUS_OK;
	}
	TRY(status);
	if (xml_name_is(&xml_root(document)->name, "", "xar"))
		toc = xml_child(xml_root(document), "", "toc", NULL);
	if (!toc || xml_child(xml_root(document), "", "toc", toc)) {
		wrong(r, "not exactly one table");
		return STATUS_OK;
	}
	for (const struct xml_node *e = toc; e; e = xml_element_next(toc, e))
		n += has_bytes(e);
	if (n > XAR_MAX_EXTENTS) {
		finding_add(r->findings, "limit.xar", r->xar->toc, "at most 65536 files", NULL);
		return STATUS_LIMIT;
	}
	TRY(checksum_read(r, toc));
	TRY(signature_read(r, toc, "x-signature", "CMS", XAR_CMS));
	TRY(signature_read(r, toc, "signature", "RSA", XAR_RSA));
	return extents_read(r, toc, n);
}
