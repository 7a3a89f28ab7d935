/* SPDX-License-Identifier: MIT */
/* XML: what is well-formed, what it means, and its canonical forms, beside libxml2's. */
#include "base/memory.h"
#include "structure/xml/test_xml_hold.h"
#include "tests/check.h"
#include <unistd.h>

static const struct {
	const char *what, *text;
	enum status status;
} documents[] = {
	{"an element",			  "<a/>",					    STATUS_OK         },
	{ "a declaration",                      "<?xml version=\"1.0\" encoding='UTF-8'?><a/>",    STATUS_OK         },
	{ "a mark",			     "\xef\xbb\xbf<a/>",                                STATUS_OK         },
	{ "references",			 "<a b='&#x41;&lt;'>&amp;&#10;&#9;</a>",            STATUS_OK         },
	{ "a section",			  "<a><![CDATA[<&]]></a>",                           STATUS_OK         },
	{ "names beyond ASCII",                 "<\xc3\xa9 \xc3\xa9='1'/>",                        STATUS_OK         },
	{ "namespaces",			 "<a xmlns='u'><b:c xmlns:b='v' b:d='' d=''/></a>", STATUS_OK         },
	{ "the prefix xml",                     "<a xml:lang='en'/>",                              STATUS_OK         },
	{ "a document type",                    "<!DOCTYPE a><a/>",                                STATUS_UNSUPPORTED},
	{ "an entity of its own",               "<a>&b;</a>",                                      STATUS_MALFORMED  },
	{ "another version",                    "<?xml version='1.1'?><a/>",                       STATUS_UNSUPPORTED},
	{ "another encoding",                   "<?xml version='1.0' encoding='iso-8859-1'?><a/>",
         STATUS_UNSUPPORTED											  },
	{ "nothing",			    "",						STATUS_MALFORMED  },
	{ "text alone",			 "a",					       STATUS_MALFORMED  },
	{ "text behind",                        "<a/>b",					   STATUS_MALFORMED  },
	{ "two elements",                       "<a/><b/>",					STATUS_MALFORMED  },
	{ "no end",			     "<a>",					     STATUS_MALFORMED  },
	{ "another end",                        "<a></b>",					 STATUS_MALFORMED  },
	{ "an end too many",                    "<a/></a>",                                        STATUS_MALFORMED  },
	{ "a declaration behind the beginning", " <?xml version='1.0'?><a/>",
         STATUS_MALFORMED											    },
	{ "an attribute twice",                 "<a b='' b=''/>",                                  STATUS_MALFORMED  },
	{ "an attribute twice, by namespace",   "<a xmlns:b='u' xmlns:c='u' b:d='' c:d=''/>",
         STATUS_MALFORMED											    },
	{ "a prefix of nobody",                 "<a:b/>",					  STATUS_MALFORMED  },
	{ "a prefix that ends before",          "<a><b xmlns:c='u'/><c:d/></a>",                   STATUS_MALFORMED  },
	{ "xmlns redeclared",                   "<a xmlns:xmlns='u'/>",                            STATUS_MALFORMED  },
	{ "xml redeclared",                     "<a xmlns:xml='u'/>",                              STATUS_MALFORMED  },
	{ "a prefix for nothing",               "<a xmlns:b=''/>",                                 STATUS_MALFORMED  },
	{ "two colons",			 "<a:b:c xmlns:a='u'/>",                            STATUS_MALFORMED  },
	{ "< in a value",                       "<a b='<'/>",                                      STATUS_MALFORMED  },
	{ "no quotes",			  "<a b=c/>",					STATUS_MALFORMED  },
	{ "no blank between attributes",        "<a b=''c=''/>",                                   STATUS_MALFORMED  },
	{ "]]> in text",                        "<a>]]></a>",                                      STATUS_MALFORMED  },
	{ "-- in a comment",                    "<a><!-- -- --></a>",                              STATUS_MALFORMED  },
	{ "a comment that ends in three",       "<a><!-- ---></a>",                                STATUS_MALFORMED  },
	{ "a control character",                "<a>\x01</a>",                                     STATUS_MALFORMED  },
	{ "a reference to one",                 "<a>&#1;</a>",                                     STATUS_MALFORMED  },
	{ "a surrogate",                        "<a>&#xd800;</a>",                                 STATUS_MALFORMED  },
	{ "broken UTF-8",                       "<a>\xc3</a>",                                     STATUS_MALFORMED  },
	{ "a lone &",			   "<a>&</a>",					STATUS_MALFORMED  },
	{ "an instruction named xml",           "<a><?XmL?></a>",                                  STATUS_MALFORMED  },
};

static void test_documents(void)
{
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct span text = SPAN_TEXT(documents[i].text);
		struct xml_node *document;
		const char *problem;
		enum status status = xml_tree_read(&a, text, &document, &problem);

		CHECK(status == documents[i].status &&
			      (status == STATUS_MALFORMED) == !!problem,
		      "%s", documents[i].what);
		CHECK(xml_hold(text) == NULL, "%s: it holds", documents[i].what);
	}
}

enum form { INCLUSIVE, EXCLUSIVE };

static const struct {
	const char *text, *apex, *without,
		*prefixes; /* names of elements; NULL: the document */
	enum form form;
	bool comments;
	const char *wanted; /* NULL: it has no canonical form */
} forms[] = {
	{"<a   c='2' b = '1' />",						NULL, NULL, NULL,         INCLUSIVE, true,
         "<a b=\"1\" c=\"2\"></a>"																				 },
	{ "<?xml version='1.0'?>\n<!--x-->\n<?p  q ?>\n<a/>\n<!--y-->\n<?r?>",   NULL, NULL, NULL,
         INCLUSIVE,												   true,  "<!--x-->\n<?p q ?>\n<a></a>\n<!--y-->\n<?r?>"                        },
	{ "<!--x--><a><!--y--></a>",					     NULL, NULL, NULL,         INCLUSIVE, false, "<a></a>"                                                             },
	{ "<a b=\"'&#9;&#xD;&#10;&lt;>&amp;&quot; \t\n\">&#xD;\r\n>\"</a>",      NULL, NULL, NULL,
         INCLUSIVE,												   true,  "<a b=\"'&#x9;&#xD;&#xA;&lt;>&amp;&quot;   \">&#xD;\n&gt;\"</a>"      },
	{ "<a><![CDATA[<b>&\r\n]]></a>",					 NULL, NULL, NULL,         INCLUSIVE, true,
         "<a>&lt;b&gt;&amp;\n</a>"																				 },
	{ "<a xmlns:z='u:z' xmlns:b='u:b' xmlns='u:d' z:c='1' b:c='2' c='3'/>",  NULL, NULL,
         NULL,											     INCLUSIVE, true,
         "<a xmlns=\"u:d\" xmlns:b=\"u:b\" xmlns:z=\"u:z\" c=\"3\" b:c=\"2\" z:c=\"1\"></a>"												       },
	{ "<a xmlns='u:d'><b xmlns='u:d'><c xmlns=''><d xmlns=''/></c></b></a>", NULL, NULL,
         NULL,											     INCLUSIVE, true,  "<a xmlns=\"u:d\"><b><c xmlns=\"\"><d></d></c></b></a>"               },
	{ "<a xmlns=''/>",						       NULL, NULL, NULL,         INCLUSIVE, true,  "<a></a>"                                                             },
	{ "<a xmlns:x='u:x' xml:lang='en' xml:space='default'><b "
	  "xml:space='preserve'><c/></b></a>",			  "b",  NULL, NULL,         INCLUSIVE, true,
         "<b xmlns:x=\"u:x\" xml:lang=\"en\" xml:space=\"preserve\"><c></c></b>"														   },
	{ "<a xmlns:x='u:x' xml:lang='en'><b><x:c/></b></a>",                    "b",  NULL, NULL,         EXCLUSIVE, true,
         "<b><x:c xmlns:x=\"u:x\"></x:c></b>"																		      },
	{ "<a xmlns='u:d' xmlns:x='u:x'><b x:y=''><c><x:c/></c></b></a>",        "b",  NULL, NULL,
         EXCLUSIVE,												   true,  "<b xmlns=\"u:d\" xmlns:x=\"u:x\" x:y=\"\"><c><x:c></x:c></c></b>"    },
	{ "<a xmlns:x='u:x' xmlns='u:d'><x:b><c/></x:b></a>",                    "b",  NULL, "x #default",
         EXCLUSIVE,												   true,  "<x:b xmlns=\"u:d\" xmlns:x=\"u:x\"><c></c></x:b>"                    },
	{ "<a><b/><s><c/></s>t</a>",					     NULL, "s",  NULL,         INCLUSIVE, true,  "<a><b></b>t</a>"                                                     },
	{ "<a xmlns:x='1'><x:c/></a>",					   NULL, NULL, NULL,         INCLUSIVE, true,  NULL                                                                  },
	{ "<a xmlns:x='u:1'><b xmlns:x='u:2'><x:c/></b><x:c/></a>",              NULL, NULL, NULL,         EXCLUSIVE,
         true,													       "<a><b><x:c xmlns:x=\"u:2\"></x:c></b><x:c xmlns:x=\"u:1\"></x:c></a>"},
};

static const struct xml_node *element_named(const struct xml_node *document, const char *name)
{
	const struct xml_node *root = xml_root(document), *e = root;

	while (e && !span_equal(e->name.local, SPAN_TEXT(name)))
		e = xml_element_next(root, e);
	return e;
}

static void test_forms(void)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
		struct xml_canonical what = { .comments = forms[i].comments,
					      .exclusive = forms[i].form == EXCLUSIVE };
		struct xml_node *document;
		const char *problem;
		enum status status =
			xml_tree_read(&a, SPAN_TEXT(forms[i].text), &document, &problem);

		what.apex = forms[i].apex ? element_named(document, forms[i].apex) : document;
		what.without =
			forms[i].without ? element_named(document, forms[i].without) : NULL;
		what.prefixes = forms[i].prefixes ? SPAN_TEXT(forms[i].prefixes) : SPAN_NONE;
		if (status == STATUS_OK)
			status = xml_canonical_write(&out, &what);
		CHECK(forms[i].wanted
			      ? status == STATUS_OK && span_equal(buffer_span(&out),
								  SPAN_TEXT(forms[i].wanted))
			      : status == STATUS_MALFORMED,
		      "canonical, row %zu", i);
	}
}

/* What another program makes of it; false: it is not here. */
static bool other_form(struct span text, bool exclusive, struct buffer *out)
{
	char path[] = "/tmp/assay-xml-XXXXXX", command[128];
	int fd = mkstemp(path);
	FILE *f;
	int c;

	if (fd < 0)
		return false;
	f = fdopen(fd, "wb");
	if (f) {
		(void)fwrite(text.ptr, 1, text.len, f);
		(void)fclose(f);
	}
	(void)snprintf(command, sizeof(command), "xmllint --nonet %s %s 2>/dev/null",
		       exclusive ? "--exc-c14n" : "--c14n", path);
	f = popen(command, "r");
	while (f && (c = fgetc(f)) != EOF)
		buffer_char(out, (char)c);
	(void)unlink(path);
	return f && pclose(f) == 0;
}

static void test_beside_libxml2(void)
{
	CLEANUP(buffer_free) struct buffer nothing = BUFFER_INIT;
	const char *bad = NULL;
	size_t n = 0;

	if (!other_form(SPAN_LITERAL("<a/>"), false, &nothing)) {
		printf("# skip: xmllint is not at hand\n");
		return;
	}
	for (size_t i = 0; i < 2 * COUNT_OF(forms); i++) {
		CLEANUP(hold_free) struct hold_form ours = HOLD_FORM;
		CLEANUP(buffer_free) struct buffer other = BUFFER_INIT;
		struct span text = SPAN_TEXT(forms[i / 2].text);

		hold_write(&ours, text, i % 2 != 0);
		n++;
		if (other_form(text, i % 2 != 0, &other) != (ours.status == STATUS_OK) ||
		    (ours.status == STATUS_OK &&
		     !span_equal(buffer_span(&ours.text), buffer_span(&other))))
			bad = forms[i / 2].text;
	}
	CHECK(!bad, "%zu canonical forms are those of libxml2: %s", n, bad ? bad : "all");
}

static void test_prefixes(void)
{
	static const char text[] = "<?xml version='1.0'?><!--a--><b c='&lt;' xmlns:d='e'>"
				   "<d:f>g<![CDATA[h]]></d:f></b>";
	const char *bad = NULL;
	size_t good = 0;

	for (size_t n = 0; n < sizeof(text) - 1 && !bad; n++) {
		CLEANUP(hold_free) struct hold_form form = HOLD_FORM;
		struct span prefix = { (const uint8_t *)text, n };

		bad = xml_hold(prefix);
		hold_write(&form, prefix, false);
		good += form.status == STATUS_OK;
	}
	CHECK(!bad && good == 0, "no prefix is a document: %s", bad ? bad : "all hold");
}

static void test_wide(void)
{
	CLEANUP(hold_free)
	struct hold_form little = HOLD_FORM, big = HOLD_FORM, cut = HOLD_FORM;

	hold_write(&little, SPAN_LITERAL("\xff\xfe<\0a\0>\0\xe9\0<\0/\0a\0>\0"), false);
	hold_write(&big, SPAN_LITERAL("\xfe\xff\0<\0a\0>\0\xe9\0<\0/\0a\0>"), false);
	hold_write(&cut, SPAN_LITERAL("\xff\xfe<\0a\0/\0>"), false);
	CHECK(span_equal(buffer_span(&little.text), SPAN_TEXT("<a>\xc3\xa9</a>")) &&
		      span_equal(buffer_span(&big.text), buffer_span(&little.text)) &&
		      cut.status == STATUS_MALFORMED,
	      "UTF-16, and half of it");
}

/* Elements inside one another; attributes beside one another. */
static void nest(struct buffer *out, size_t depth, size_t attributes)
{
	for (size_t i = 0; i < depth; i++) {
		buffer_text(out, "<a");
		for (size_t k = 0; k < attributes; k++)
			buffer_printf(out, " a%zu=''", k);
		buffer_char(out, '>');
	}
	for (size_t i = 0; i < depth; i++)
		buffer_text(out, "</a>");
}

static const struct {
	const char *what;
	size_t depth, attributes;
	enum status status;
} limits[] = {
	{"the deepest",          XML_MAX_DEPTH,     0,                      STATUS_OK   },
	{ "deeper",              XML_MAX_DEPTH + 1, 0,                      STATUS_LIMIT},
	{ "the most attributes", 1,                 XML_MAX_ATTRIBUTES,     STATUS_OK   },
	{ "more attributes",     1,                 XML_MAX_ATTRIBUTES + 1, STATUS_LIMIT},
};

static void test_limits(void)
{
	CLEANUP(buffer_free) struct buffer wide = BUFFER_INIT;
	CLEANUP(hold_free) struct hold_form most = HOLD_FORM;

	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		CLEANUP(hold_free) struct hold_form form = HOLD_FORM;

		nest(&text, limits[i].depth, limits[i].attributes);
		hold_write(&form, buffer_span(&text), false);
		CHECK(form.status == limits[i].status, "%s", limits[i].what);
	}
	buffer_text(&wide, "<a>");
	for (size_t i = 0; i < XML_TREE_MAX_NODES; i++)
		buffer_text(&wide, "<a/>");
	buffer_text(&wide, "</a>");
	hold_write(&most, buffer_span(&wide), false);
	CHECK(most.status == STATUS_LIMIT, "more nodes than a tree has");
}

static void test_memory(void)
{
	static const char text[] = "<a b='&lt;'>c<d xmlns:e='u:f'/>&amp;</a>";
	enum status status = STATUS_NO_MEMORY;
	long n = 0;

	for (; n < 100 && status == STATUS_NO_MEMORY; n++) {
		CLEANUP(hold_free) struct hold_form form = HOLD_FORM;

		memory_fail_after(n);
		hold_write(&form, SPAN_TEXT(text), false);
		memory_fail_after(-1);
		status = form.status;
	}
	CHECK(status == STATUS_OK && n > 3, "want of memory at any of %ld places: %s", n - 1,
	      status_text(status));
}

int main(void)
{
	test_documents();
	test_forms();
	test_beside_libxml2();
	test_prefixes();
	test_wide();
	test_limits();
	test_memory();
	return CHECK_DONE();
}
