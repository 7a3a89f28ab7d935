/* SPDX-License-Identifier: MIT */
/*
 * Mach-O: programs and libraries for macOS, iOS and their relatives, thin or
 * universal (several of them in one file, one for each kind of processor).
 *
 * Follows mach-o/loader.h and mach-o/fat.h (Apple, xnu), and what Apple's
 * verifier makes of them (Security framework: macho++.cpp, machorep.cpp).
 */
#pragma once
#include "formats/format.h"
#include "structure/code_signature.h"

#define MACHO_MAX_COMMANDS      4096
#define MACHO_MAX_COMMAND_BYTES ((uint64_t)1 << 20)
#define MACHO_MAX_SEGMENTS      1024
#define FAT_MAX_ARCH            100 /* more, and it is no universal file: Java uses the magic too */
#define FAT_MAX_SLICES          20
#define FAT_MAX_GAP             ((uint64_t)64 << 10) /* linkers pad to 16 KiB */

enum macho_cpu {
	MACHO_CPU_I386 = 7,
	MACHO_CPU_X86_64 = 0x1000007,
	MACHO_CPU_ARM = 12,
	MACHO_CPU_ARM64 = 0x100000c,
	MACHO_CPU_ARM64_32 = 0x200000c,
	MACHO_CPU_PPC = 18,
	MACHO_CPU_PPC64 = 0x1000012,
};
#define MACHO_SUBTYPE_MASK 0x00ffffffU /* without capabilities */

enum macho_kind {
	MACHO_UNKNOWN, /* bytes that are no program */
	MACHO_PROGRAM, /* a Mach-O header that could be read, or at least its magic */
	MACHO_ARCHIVE, /* a static library, or bitcode: nobody signs them */
};

struct macho_segment {
	struct span name;   /* up to 16 bytes, without NULs */
	struct range where; /* in the file; not yet believed */
	bool executable;    /* initprot allows it */
};

/* One program. */
struct macho_slice {
	struct range where; /* in the file; a thin file is its own only slice */
	enum macho_kind kind;
	const char *name;                     /* "x86_64", "arm64e" ... */
	uint32_t listed_type, listed_subtype; /* as the table of a universal file has them */
	bool hidden;                          /* stands behind the table's end */
	bool lies;                            /* listed under another processor than its own */
	uint32_t cpu_type, cpu_subtype, file_type, flags;
	bool wide, big_endian;
	uint64_t headers_end; /* in the file: behind the load commands */
	const struct macho_segment *segments;
	size_t n_segments;
	struct range info_plist; /* section __TEXT,__info_plist in the file; zero long: none */
	struct span uuid;        /* LC_UUID, or empty */
	/* LC_SOURCE_VERSION, A.B.C.D.E: 24 bits, then four times 10; 0: none */
	uint64_t source_version;
	bool has_signature; /* LC_CODE_SIGNATURE is there ... */
	struct range
		signature; /* ... and leads here in the file, when it leads into the slice */
	const struct code_signature *code; /* NULL: none that could be read */
	bool broken;                       /* contradicts itself; findings say where */
	bool limit_differs; /* a CodeDirectory covers less or more than what is before it */
	bool holes; /* bytes that no signature covers where Apple's strict rules allow none */
};

struct macho_file {
	bool fat, fat64;
	struct macho_slice *slices;
	size_t n_slices; /* at least 1 */
	bool broken;     /* the slices contradict each other, or the table does */
	bool holes;      /* between or behind slices */
	bool hidden, lies;
};

extern const struct format format_macho; /* thin */
extern const struct format format_fat;   /* universal */

/*
 * Reads either of them into @out.  STATUS_NOT_MINE; STATUS_WANT: load view->want and
 * call again with fresh @findings; STATUS_LIMIT: a limit above, finding "limit.macho".
 */
MUST_CHECK enum status macho_file_read(struct view *view, struct findings *findings,
				       struct macho_file *out);

/* The byte map of all of it. */
MUST_CHECK enum status macho_regions(struct arena *a, const struct macho_file *file,
				     uint64_t size, const struct region **out, size_t *n);

/* "arm64e"; "cpu 0x1000005" when nobody knows it. */
const char *macho_cpu_name(struct arena *a, uint32_t type, uint32_t subtype);
/* "program", "library" ... by mach_header.filetype. */
const char *macho_type_name(uint32_t file_type);
