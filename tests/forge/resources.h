/* SPDX-License-Identifier: MIT */
/*
 * Clothes for the programs of the forge: a resource section with version
 * information, an icon and a manifest ("PE Format", Microsoft, "The .rsrc
 * Section"; winver.h, VS_VERSIONINFO).
 */
#pragma once
#include "tests/forge/program.h"

#define FORGE_RT_ICON       3U
#define FORGE_RT_GROUP_ICON 14U
#define FORGE_RT_VERSION    16U
#define FORGE_RT_MANIFEST   24U

/* A string of VERSIONINFO: { "CompanyName", "Example Ltd" }, UTF-8. */
struct forge_version_text {
	const char *key, *value;
};

/* Any resource, as it shall stand in the file. */
struct forge_resource {
	uint16_t type, name, language;
	struct span bytes;
};

/* Zeroed fields: absent. */
struct forge_resources {
	const struct forge_version_text *texts; /* with any: VERSIONINFO */
	size_t n_texts;
	uint16_t file_version[4], product_version[4]; /* VS_FIXEDFILEINFO */
	uint64_t icon;          /* a picture of 32x32, made of this seed */
	struct span icon_image; /* or this one, DIB or PNG, as it stands in RT_ICON */
	const char *identity;   /* manifest: assemblyIdentity/@name */
	const char *level;      /* manifest: requestedExecutionLevel/@level */
	const struct forge_resource *others;
	size_t n_others; /* with the rest at most FORGE_MAX_RESOURCES */
};
#define FORGE_MAX_RESOURCES 32

/*
 * Adds a section .rsrc behind everything that @file has (no Certificate Table:
 * strip it before) and leads the resource directory there; what was there
 * before is no resource any more.  Makes room for its header where there is
 * none, by moving the sections.  Sets SizeOfImage and CheckSum.
 */
void forge_resources_add(struct buffer *file, const struct forge_resources *wish);

/* The parts of it. */
void forge_version(struct buffer *out, const struct forge_resources *wish);
void forge_manifest(struct buffer *out, const char *identity, const char *level);
/* A DIB of @side x @side, 32 bits, with its mask: what icons of ordinary programs are. */
void forge_icon(struct buffer *out, unsigned side, uint64_t seed);
/* RT_GROUP_ICON with the one member RT_ICON @name. */
void forge_icon_group(struct buffer *out, unsigned side, size_t bytes, uint16_t name);
/* The whole section, when it will be loaded at @rva; @list is put in order. */
void forge_resource_tree(struct buffer *out, uint32_t rva, struct forge_resource *list,
			 size_t n);
