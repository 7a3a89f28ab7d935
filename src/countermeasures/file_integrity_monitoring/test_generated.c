/* SPDX-License-Identifier: MIT */
/* Generated: which package makes a file anew, and what it may not become. */
#include "countermeasures/file_integrity_monitoring/generated.h"

#include "tests/check.h"
#include <sys/stat.h>

#define BIT(rule) (UINT64_C(1) << (rule))

static const struct {
	const char *path, *format, *package; /* NULL: none */
	uint32_t mode;
	uint64_t rules;
} rows[] = {
	{"/var/cache/man/de/index.db",           "",    "man-db",          S_IFREG | 0644,
         BIT(FIM_CONTENT_CHANGED)										  },
	{ "/var/cache/man/de/index.db",          "",    NULL,              S_IFREG | 0755, BIT(FIM_CONTENT_CHANGED)},
	{ "/var/cache/man/de/index.db",          "elf", NULL,              S_IFREG | 0644, BIT(FIM_ADDED)          },
	{ "/var/cache/man/de/index.db",          "",    NULL,              S_IFREG | 0644,
         BIT(FIM_CONTENT_CHANGED) | BIT(FIM_OWNER_CHANGED)                                                         },
	{ "/var/cache/man/de/index.db",          "",    NULL,              S_IFREG | 0644,
         BIT(FIM_SILENT_CHANGE) | BIT(FIM_CONTENT_CHANGED)                                                         },
	{ "/var/cache/man/de/index.db",          "",    NULL,              S_IFDIR | 0755, BIT(FIM_REPLACED)       },
	{ "/etc/ld.so.cache",                    "",    "libc-bin",        S_IFREG | 0644, BIT(FIM_CONTENT_CHANGED)},
	{ "/etc/ld.so.cache",                    "",    NULL,              S_IFREG | 0666, BIT(FIM_BECAME_WRITABLE)},
	{ "/etc/ld.so.preload",                  "",    NULL,              S_IFREG | 0644, BIT(FIM_START_CHANGED)  },
	{ "/var/cache/apt/archives/x_1_all.deb", "deb", "apt",             S_IFREG | 0644, BIT(FIM_ADDED)          },
	{ "/var/cache/apt/archives/x_1_all.deb", "deb", NULL,              S_IFREG | 0644,
         BIT(FIM_ADDED_UNSOUND)										    },
	{ "/var/cache/apt/archives/x_1_all.deb", "elf", NULL,              S_IFREG | 0644, BIT(FIM_ADDED)          },
	{ "/etc/ssl/certs/0179095f.0",           "",    "ca-certificates", S_IFLNK | 0777, BIT(FIM_ADDED)          },
	{ "/boot/initrd.img-6.1.0-1-amd64",      "",    "initramfs-tools", S_IFREG | 0644,
         BIT(FIM_CONTENT_CHANGED)										  },
	{ "/boot/grub/grub.cfg",                 "",    NULL,              S_IFREG | 0644, BIT(FIM_CONTENT_CHANGED)},
	{ "/usr/lib/modules/6.1/modules.dep",    "",    "kmod",            S_IFREG | 0644,
         BIT(FIM_CONTENT_CHANGED)										  },
	{ "/srv/var/cache/man/index.db",         "",    NULL,              S_IFREG | 0644, BIT(FIM_CONTENT_CHANGED)},
};

static const struct {
	const char *path, *source;
} compiled[] = {
	{"/usr/lib/python3/x/__pycache__/y.cpython-311.pyc",        "/usr/lib/python3/x/y.py"},
	{ "/usr/lib/python3/x/__pycache__/y.cpython-311.opt-1.pyc", "/usr/lib/python3/x/y.py"},
	{ "/usr/lib/python3/x/y.pyc",                               ""                       },
	{ "/usr/lib/python3/x/not__pycache__/y.pyc",                ""                       },
	{ "/usr/lib/python3/x/__pycache__/y.py",                    ""                       },
	{ "/__pycache__/y.pyc",				     ""                       },
	{ "/x/__pycache__/.pyc",				    ""                       },
	{ "/",						      ""		       },
};

static void check_heads(void)
{
	static const uint8_t good[] = "\xa7\x0d\x0d\x0a\0\0\0\0\x01\x02\x03\x04\x10\0\0\0",
			     hashed[] = "\xa7\x0d\x0d\x0a\1\0\0\0\x01\x02\x03\x04\x10\0\0\0";
	struct span head = span_clip(SPAN_OF(good), 0, FIM_COMPILED_HEAD);

	CHECK(fim_compiled_names(head, 0x04030201, 16), "byte code names its source");
	CHECK(!fim_compiled_names(head, 0x04030202, 16), "of another time it does not");
	CHECK(!fim_compiled_names(head, 0x04030201, 17), "nor of another size");
	CHECK(!fim_compiled_names(span_clip(head, 0, 15), 0x04030201, 16), "nor half a head");
	CHECK(!fim_compiled_names(span_clip(SPAN_OF(hashed), 0, 16), 0x04030201, 16),
	      "by a hash it names none that is believed");
}

static void check_times(void)
{
	static const int64_t unpacked[] = { 5000, 1000 };
	static const struct fim_dpkg_times times = { unpacked, 2, 9000 };
	static const struct {
		int64_t when;
		bool then;
	} moments[] = {
		{939,   false},
                { 940,  true },
                { 1600, true },
                { 1601, false},
		{ 5600, true },
                { 5601, false},
                { 8399, false},
                { 8400, true },
		{ 9060, true },
                { 9061, false},
	};

	for (size_t i = 0; i < COUNT_OF(moments); i++)
		CHECK(fim_generated_then(&times, moments[i].when) == moments[i].then,
		      "at %d dpkg %s", (int)moments[i].when,
		      moments[i].then ? "worked" : "did not work");
}

static void check_timed(void)
{
	struct fim_change c = { .after = { .mode = S_IFREG | 0644 },
				.rules = BIT(FIM_CONTENT_CHANGED) };
	bool timed;

	c.after.path = SPAN_LITERAL("/etc/ld.so.cache");
	CHECK(fim_generated_by(&c, &timed) && timed, "what says what is loaded is timed");
	c.after.path = SPAN_LITERAL("/var/cache/man/index.db");
	CHECK(fim_generated_by(&c, &timed) && !timed, "what only speeds up is not");
}

int main(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fim_change c = {
			.after = {.path = SPAN_TEXT(rows[i].path),
                                  .format = SPAN_TEXT(rows[i].format),
                                  .mode = rows[i].mode},
			.rules = rows[i].rules
		};
		bool timed;
		const char *by = fim_generated_by(&c, &timed);

		CHECK(rows[i].package ? by && strcmp(by, rows[i].package) == 0 : !by,
		      "%s: %s, not %s", rows[i].path,
		      rows[i].package ? rows[i].package : "none", by ? by : "none");
	}
	for (size_t i = 0; i < COUNT_OF(compiled); i++) {
		const char *source = fim_compiled_from(&a, compiled[i].path);

		CHECK(source && strcmp(source, compiled[i].source) == 0, "%s is of \"%s\"",
		      compiled[i].path, source ? source : "NULL");
	}
	check_heads();
	check_times();
	check_timed();
	return CHECK_DONE();
}
