/* SPDX-License-Identifier: MIT */
/* Units: what they have run or read, however it is written down. */
#include "countermeasures/local_file_permissions/unit.h"

#include "base/buffer.h"
#include "tests/check.h"

static void found(void *context, struct span path, const char *what)
{
	struct buffer *all = context;

	(void)what;
	buffer_add(all, path);
	buffer_char(all, '|');
}

static void test_lines(void)
{
	static const struct {
		const char *name, *text, *paths;
	} rows[] = {
		{"plain",                     "[Service]\nExecStart=/usr/bin/x --option /etc/y\n",          "/usr/bin/x|" },
		{ "without an end",           "ExecStart=/x",                                               "/x|"         },
		{ "prefixes",                 "ExecStart=-@+/x name\nExecStop=!!/y\nExecStartPre=|/z\n",
                 "/x|/y|/z|"											      },
		{ "blanks",                   " \tExecStart \t= \t/x \r\n",                                 "/x|"         },
		{ "double quotes",            "ExecStart=\"/opt/a b/c\" d\n",                               "/opt/a b/c|" },
		{ "single quotes",            "ExecStart='/x' y\n",                                         "/x|"         },
		{ "prefix in quotes",         "ExecStart=\"-/x y\"\n",                                      "/x y|"       },
		{ "escapes",                  "ExecStart=/a\\x20b\\sc\\057d\\\\e\n",                        "/a b c/d\\e|"},
		{ "goes on",                  "ExecStart=\\\n  /x \\\n# a remark\n  y\nExecStop=/z\n",
                 "/x|/z|"												 },
		{ "two backslashes end it",   "ExecStart=/x\\\\\nExecStop=/z\n",                            "/x\\|/z|"    },
		{ "goes on into nothing",     "ExecStart=/x \\",                                            "/x|"         },
		{ "several",                  "ExecStart=/x ; /y z ; /w\n",                                 "/x|/y|/w|"   },
		{ "no end of a command",      "ExecStart=/x \\; /y \";\" /z\n",                             "/x|"         },
		{ "of the environment",       "EnvironmentFile=-/etc/default/x\n",
                 "/etc/default/x|"											},
		{ "other keys",               "ExecPaths=/\nExecStarter=/x\n#ExecStart=/y\n;ExecStop=/z\n",
                 ""												       },
		{ "by name",                  "ExecStart=x /y\n",                                           ""            },
		{ "an open quote",            "ExecStart=\"/x y\n",                                         "/x y|"       },
		{ "goes on, of another host", "ExecStart=\\\r\n/x y\r\nExecStop=/z\r\n",
                 "/x|/z|"												 },
		{ "ended otherwise",          "Description=x\rExecStart=/cr\rExecStop=/y",                  "/cr|/y|"     },
		{ "nothing",                  "ExecStart=\nExecStart\n=\n\\",                               ""            },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer all = { 0 };

		CHECK(unit_read(SPAN_TEXT(rows[i].text), found, &all) == STATUS_OK &&
			      span_equal(buffer_span(&all), SPAN_TEXT(rows[i].paths)),
		      "%s: %.*s", rows[i].name, (int)all.len, (const char *)all.bytes);
	}
}

static void test_names(void)
{
	static const struct {
		const char *name;
		bool is;
	} rows[] = {
		{"a.service",      true },
                { "a@.service",    true },
                { "b.socket",      true },
		{ "b.timer",       true },
                { ".service",      false},
                { "a.service.old", false},
		{ "a.service.d",   false},
                { "",              false},
                { "a.conf",        false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(unit_is_name(SPAN_TEXT(rows[i].name)) == rows[i].is, "name \"%s\"",
		      rows[i].name);
}

int main(void)
{
	test_lines();
	test_names();
	return CHECK_DONE();
}
