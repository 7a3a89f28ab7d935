/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as dpkg's list of what is installed: whoever is in it stands in the text in
 * so many words, is found again by each of his names, and means the same when he is
 * written down again.  Lines as versions: an order, and '~' comes before the end.
 */
#include "base/buffer.h"
#include "fuzz/must.h"
#include "store/dpkg_status.h"

#define MAX_VERSIONS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pair_must_hold(struct span a, struct span b)
{
	int there = dpkg_version_order(a, b), back = dpkg_version_order(b, a);

	MUST((there < 0) == (back > 0) && (there == 0) == (back == 0));
}

static void versions_must_hold(struct span text)
{
	struct span each[MAX_VERSIONS];
	size_t n = 0;

	while (n < MAX_VERSIONS && span_line(&text, &each[n]))
		n++;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buffer_free) struct buffer before = BUFFER_INIT;

		buffer_add(&before, each[i]);
		buffer_char(&before, '~');
		MUST(dpkg_version_order(each[i], each[i]) == 0);
		MUST(dpkg_version_order(buffer_span(&before), each[i]) < 0);
		for (size_t k = 0; k < n; k++)
			pair_must_hold(each[i], each[k]);
		for (size_t k = 0; k < n * n; k++)
			MUST(dpkg_version_order(each[i], each[k / n]) > 0 ||
			     dpkg_version_order(each[k / n], each[k % n]) > 0 ||
			     dpkg_version_order(each[i], each[k % n]) <= 0);
	}
}

/* "FIELD: value", and nothing else in that line. */
static void line_must_be(struct span text, const char *field, struct span value)
{
	uint64_t at, end, begin;

	MUST(span_offset(text, value, &at) && at >= strlen(field));
	begin = at - strlen(field);
	end = at + value.len;
	MUST(span_equal(span_clip(text, begin, strlen(field)), SPAN_TEXT(field)));
	MUST(begin == 0 || span_at(text, begin - 1) == '\n');
	MUST(end == text.len || span_at(text, end) == '\n');
}

static void package_must_hold(const struct dpkg_status *s, const struct dpkg_package *p,
			      struct buffer *again)
{
	CLEANUP(buffer_free) struct buffer key = BUFFER_INIT, text = BUFFER_INIT;
	const struct dpkg_package *found;
	struct dpkg_package parsed;

	buffer_add(&key, p->name);
	found = dpkg_package_find(s, buffer_span(&key));
	MUST(found && span_equal(found->name, p->name));
	buffer_char(&key, ':');
	buffer_add(&key, p->architecture);
	found = dpkg_package_find(s, buffer_span(&key));
	MUST(found && span_equal(found->name, p->name) &&
	     span_equal(found->architecture, p->architecture));
	MUST(found == dpkg_package_like(s, p));
	buffer_add(&text, p->name);
	buffer_char(&text, ' ');
	buffer_add(&text, p->version);
	buffer_char(&text, ' ');
	buffer_add(&text, p->architecture);
	MUST(dpkg_package_parse(buffer_span(&text), &parsed));
	MUST(span_equal(parsed.name, p->name) && span_equal(parsed.version, p->version) &&
	     span_equal(parsed.architecture, p->architecture));
	buffer_text(again, "Package: ");
	buffer_add(again, p->name);
	buffer_text(again, "\nStatus: hold ok installed\nVersion: ");
	buffer_add(again, p->version);
	buffer_text(again, "\nArchitecture: ");
	buffer_add(again, p->architecture);
	buffer_text(again, "\n\n");
}

static void same_must_hold(const struct dpkg_status *a, struct span text)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(DPKG_ARENA_BYTES);
	struct dpkg_status b;

	MUST(dpkg_status_parse(&arena, text, &b) == STATUS_OK && a->n == b.n);
	for (size_t i = 0; i < a->n; i++)
		MUST(span_equal(a->each[i].name, b.each[i].name) &&
		     span_equal(a->each[i].architecture, b.each[i].architecture));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(DPKG_ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct span text = { data, size };
	struct dpkg_status s;

	MUST(dpkg_status_parse(&a, text, &s) == STATUS_OK);
	for (size_t i = 0; i < s.n; i++) {
		const struct dpkg_package *p = &s.each[i];

		line_must_be(text, "Package: ", p->name);
		line_must_be(text, "Architecture: ", p->architecture);
		line_must_be(text, "Version: ", p->version);
		MUST(i == 0 || span_compare(s.each[i - 1].name, p->name) <= 0);
		package_must_hold(&s, p, &again);
	}
	same_must_hold(&s, buffer_span(&again));
	versions_must_hold(text);
	return 0;
}
