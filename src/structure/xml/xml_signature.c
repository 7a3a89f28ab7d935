/* SPDX-License-Identifier: MIT */
#include "structure/xml/xml_signature.h"

#include "base/base64.h"

#define RELATIONSHIPS "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
#define ENVELOPED     XML_DSIG "enveloped-signature"
#define EXCLUSIVE     "http://www.w3.org/2001/10/xml-exc-c14n#"

static const struct {
	const char *uri;
	bool exclusive, comments;
} forms[] = {
	{"http://www.w3.org/TR/2001/REC-xml-c14n-20010315",               false, false},
	{ "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", false, true },
	{ EXCLUSIVE,						      true,  false},
	{ EXCLUSIVE "WithComments",				       true,  true },
};

static const struct {
	const char *uri;
	uint64_t octets;
} digests[] = {
	{XML_DSIG "sha1",				  20},
	{ "http://www.w3.org/2001/04/xmlenc#sha256",       32},
	{ "http://www.w3.org/2001/04/xmldsig-more#sha384", 48},
	{ "http://www.w3.org/2001/04/xmlenc#sha512",       64},
 /* What ClickOnce called them before there was a standard. */
	{ XML_DSIG "sha256",			       32},
	{ XML_DSIG "sha384",			       48},
	{ XML_DSIG "sha512",			       64},
};

uint64_t xml_digest_octets(struct span method)
{
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (span_equal(method, SPAN_TEXT(digests[i].uri)))
			return digests[i].octets;
	return 0;
}

/* A canonical form by its URI, with the prefixes that @node lists. */
static bool form_read(const struct xml_node *node, struct xml_form *out)
{
	struct span uri = xml_attribute_value(node, "Algorithm");
	const struct xml_node *list = xml_child(node, EXCLUSIVE, "InclusiveNamespaces", NULL);

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		if (!span_equal(uri, SPAN_TEXT(forms[i].uri)))
			continue;
		*out = (struct xml_form){ forms[i].exclusive, forms[i].comments, SPAN_NONE };
		if (list && out->exclusive)
			out->prefixes = xml_attribute_value(list, "PrefixList");
		return true;
	}
	return false;
}

enum status xml_base64(struct arena *a, const struct xml_node *node, struct span *out)
{
	struct span text;
	enum status status;

	*out = SPAN_NONE;
	TRY(xml_content(a, node, &text));
	status = base64_decode_span(a, text, out);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		*out = SPAN_NONE;
	return STATUS_OK;
}

static void transform_read(struct xml_reference *r, const struct xml_node *node)
{
	struct span uri = xml_attribute_value(node, "Algorithm");
	enum xml_transform *t = &r->transforms[r->n_transforms];

	r->nodes[r->n_transforms++] = node;
	*t = XML_TRANSFORM_UNKNOWN;
	if (span_equal(uri, SPAN_LITERAL(ENVELOPED)))
		*t = XML_TRANSFORM_ENVELOPED;
	else if (span_equal(uri, SPAN_LITERAL(RELATIONSHIPS)))
		*t = XML_TRANSFORM_RELATIONSHIPS;
	else if (form_read(node, &r->form))
		*t = XML_TRANSFORM_CANONICAL;
}

static enum status reference_read(struct arena *a, const struct xml_node *node,
				  struct xml_reference *out, const char **problem)
{
	const struct xml_node *list = xml_child(node, XML_DSIG, "Transforms", NULL), *t = NULL;
	const struct xml_node *method = xml_child(node, XML_DSIG, "DigestMethod", NULL);
	const struct xml_node *value = xml_child(node, XML_DSIG, "DigestValue", NULL);

	*out = (struct xml_reference){ .uri = xml_attribute_value(node, "URI"),
				       .type = xml_attribute_value(node, "Type") };
	while (list && (t = xml_child(list, XML_DSIG, "Transform", t))) {
		if (out->n_transforms == XML_MAX_TRANSFORMS)
			return STATUS_LIMIT;
		transform_read(out, t);
	}
	if (method)
		out->method = xml_attribute_value(method, "Algorithm");
	if (value)
		TRY(xml_base64(a, value, &out->value));
	if (!method || out->value.len == 0 || out->value.len > XML_MAX_VALUE) {
		*problem = "a reference has no digest that can be read";
		return STATUS_MALFORMED;
	}
	return STATUS_OK;
}

enum status xml_references_read(struct arena *a, const struct xml_node *parent,
				struct xml_reference **out, size_t *n, const char **problem)
{
	const struct xml_node *node = NULL;
	size_t count = 0;

	*out = NULL;
	*n = 0;
	while ((node = xml_child(parent, XML_DSIG, "Reference", node)))
		count++;
	if (count > XML_MAX_REFERENCES)
		return STATUS_LIMIT;
	*out = ARENA_NEW(a, struct xml_reference, count + 1);
	if (!*out)
		return STATUS_NO_MEMORY;
	while (*n < count && (node = xml_child(parent, XML_DSIG, "Reference", node))) {
		TRY(reference_read(a, node, &(*out)[*n], problem));
		++*n;
	}
	return STATUS_OK;
}

static enum status certificates_read(struct arena *a, struct xml_signature *s)
{
	const struct xml_node *node = s->key_info;

	while (node && (node = xml_element_next(s->key_info, node))) {
		if (!xml_name_is(&node->name, XML_DSIG, "X509Certificate"))
			continue;
		if (s->n_certificates == XML_MAX_CERTIFICATES)
			return STATUS_LIMIT;
		TRY(xml_base64(a, node, &s->certificates[s->n_certificates]));
		s->n_certificates += s->certificates[s->n_certificates].len > 0;
	}
	return STATUS_OK;
}

static enum status key_value_read(struct arena *a, struct xml_signature *s)
{
	const struct xml_node *value = NULL, *rsa = NULL, *modulus, *exponent;

	if (s->key_info)
		value = xml_child(s->key_info, XML_DSIG, "KeyValue", NULL);
	if (value)
		rsa = xml_child(value, XML_DSIG, "RSAKeyValue", NULL);
	if (!rsa)
		return STATUS_OK;
	modulus = xml_child(rsa, XML_DSIG, "Modulus", NULL);
	exponent = xml_child(rsa, XML_DSIG, "Exponent", NULL);
	if (modulus)
		TRY(xml_base64(a, modulus, &s->modulus));
	return exponent ? xml_base64(a, exponent, &s->exponent) : STATUS_OK;
}

static enum status wrong(const char **problem, const char *what)
{
	*problem = what;
	return STATUS_MALFORMED;
}

enum status xml_signature_read(struct arena *a, const struct xml_node *node,
			       struct xml_signature *out, const char **problem)
{
	const struct xml_node *info = xml_child(node, XML_DSIG, "SignedInfo", NULL);
	const struct xml_node *value = xml_child(node, XML_DSIG, "SignatureValue", NULL);
	const struct xml_node *form, *method;

	*problem = NULL;
	*out = (struct xml_signature){ .node = node, .signed_info = info };
	out->key_info = xml_child(node, XML_DSIG, "KeyInfo", NULL);
	if (!info || !value)
		return wrong(problem, "it has no SignedInfo or no SignatureValue");
	form = xml_child(info, XML_DSIG, "CanonicalizationMethod", NULL);
	method = xml_child(info, XML_DSIG, "SignatureMethod", NULL);
	if (!form || !method)
		return wrong(problem, "its SignedInfo does not say how it is signed");
	if (xml_child(node, XML_DSIG, "SignedInfo", info) ||
	    xml_child(node, XML_DSIG, "SignatureValue", value))
		return wrong(problem, "it has a part twice");
	if (!form_read(form, &out->form))
		return STATUS_UNSUPPORTED;
	out->method = xml_attribute_value(method, "Algorithm");
	TRY(xml_base64(a, value, &out->value));
	if (out->value.len == 0 || out->value.len > XML_MAX_VALUE)
		return wrong(problem, "its SignatureValue cannot be read");
	TRY(certificates_read(a, out));
	TRY(key_value_read(a, out));
	return xml_references_read(a, info, &out->references, &out->n_references, problem);
}

enum status xml_signed_info_write(struct buffer *out, const struct xml_signature *signature)
{
	return xml_canonical_write(
		out, &(struct xml_canonical){ .apex = signature->signed_info,
					      .exclusive = signature->form.exclusive,
					      .comments = signature->form.comments,
					      .prefixes = signature->form.prefixes });
}

static bool has_id(const struct xml_node *node, struct span id)
{
	static const char *const names[] = { "Id", "ID", "id" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct span value = xml_attribute_value(node, names[i]);

		if (value.ptr && span_equal(value, id))
			return true;
	}
	return false;
}

const struct xml_node *xml_identified(const struct xml_node *top, struct span id, bool *twice)
{
	const struct xml_node *found = NULL;

	*twice = false;
	for (const struct xml_node *n = top; n; n = xml_element_next(top, n)) {
		if (n->kind != XML_START || !has_id(n, id))
			continue;
		*twice = found != NULL;
		found = found ? found : n;
		if (*twice)
			break;
	}
	return found;
}
