/* SPDX-License-Identifier: MIT */
/*
 * Mach-O: one reading, thin or universal.
 *
 * Follows mach-o/loader.h and mach-o/fat.h (Apple, xnu).
 */
#include "formats/macho/reading.h"

static const struct {
	char magic[4];
	enum macho_kind kind;
} magics[] = {
	{{ '\xfe', '\xed', '\xfa', '\xce' },  MACHO_PROGRAM},
	{ { '\xce', '\xfa', '\xed', '\xfe' }, MACHO_PROGRAM},
	{ { '\xfe', '\xed', '\xfa', '\xcf' }, MACHO_PROGRAM},
	{ { '\xcf', '\xfa', '\xed', '\xfe' }, MACHO_PROGRAM},
	{ { '!', '<', 'a', 'r' },             MACHO_ARCHIVE},
	{ { 'B', 'C', '\xc0', '\xde' },       MACHO_ARCHIVE},
	{ { '\xde', '\xc0', '\x17', '\x0b' }, MACHO_ARCHIVE},
};

static const struct {
	uint32_t type, subtype; /* subtype UINT32_MAX: any other */
	const char *name;
} processors[] = {
	{MACHO_CPU_ARM,       6,          "armv6"   },
	{ MACHO_CPU_ARM,      9,          "armv7"   },
	{ MACHO_CPU_ARM,      11,         "armv7s"  },
	{ MACHO_CPU_ARM,      12,         "armv7k"  },
	{ MACHO_CPU_ARM,      UINT32_MAX, "arm"     },
	{ MACHO_CPU_ARM64,    2,          "arm64e"  },
	{ MACHO_CPU_ARM64,    UINT32_MAX, "arm64"   },
	{ MACHO_CPU_ARM64_32, UINT32_MAX, "arm64_32"},
	{ MACHO_CPU_I386,     UINT32_MAX, "i386"    },
	{ MACHO_CPU_X86_64,   8,          "x86_64h" },
	{ MACHO_CPU_X86_64,   UINT32_MAX, "x86_64"  },
	{ MACHO_CPU_PPC,      UINT32_MAX, "ppc"     },
	{ MACHO_CPU_PPC64,    UINT32_MAX, "ppc64"   },
};

static const char *const type_names[] = {
	[1] = "object file",       [2] = "program",
	[3] = "fixed library",     [4] = "core file",
	[5] = "preloaded program", [6] = "library",
	[7] = "dynamic linker",    [8] = "bundle",
	[9] = "library stub",      [10] = "debug symbols",
	[11] = "kernel extension", [12] = "file set",
};

enum macho_kind macho_kind_of(struct span head)
{
	for (size_t i = 0; i < COUNT_OF(magics); i++)
		if (span_starts(head, magics[i].magic, sizeof(magics[i].magic)))
			return magics[i].kind;
	return MACHO_UNKNOWN;
}

const char *macho_cpu_name(struct arena *a, uint32_t type, uint32_t subtype)
{
	for (size_t i = 0; i < COUNT_OF(processors); i++)
		if (processors[i].type == type &&
		    (processors[i].subtype == UINT32_MAX ||
		     processors[i].subtype == (subtype & MACHO_SUBTYPE_MASK)))
			return processors[i].name;
	return arena_printf(a, "cpu 0x%x", type);
}

const char *macho_type_name(uint32_t file_type)
{
	if (file_type < COUNT_OF(type_names) && type_names[file_type])
		return type_names[file_type];
	return "file of an unknown type";
}

void slice_break(struct macho_reading *r, struct macho_slice *s, const char *rule,
		 struct range where, const char *expected, const char *observed)
{
	s->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

static enum status thin_read(struct macho_reading *r)
{
	struct macho_slice *s = ARENA_NEW(r->arena, struct macho_slice, 1);

	if (!s)
		return STATUS_NO_MEMORY;
	s->where.len = r->view->size;
	r->file->slices = s;
	r->file->n_slices = 1;
	return slice_read(r, s);
}

enum status macho_file_read(struct view *view, struct findings *findings,
			    struct macho_file *out)
{
	struct macho_reading r = {
		.view = view, .findings = findings, .arena = findings->arena, .file = out
	};
	struct span head;
	bool wide;

	*out = (struct macho_file){ 0 };
	TRY(view_clip(view, 0, 8, &head));
	if (fat_magic(head, &wide)) {
		out->fat = true;
		out->fat64 = wide;
		return fat_read(&r);
	}
	if (macho_kind_of(head) != MACHO_PROGRAM)
		return STATUS_NOT_MINE;
	return thin_read(&r);
}
