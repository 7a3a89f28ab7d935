/* SPDX-License-Identifier: MIT */
/*
 * Bundles: folders of macOS and iOS that are one program (.app, frameworks), as
 * folders and in an archive (.ipa).
 *
 * Follows Apple's Security framework (bundlediskrep.cpp, resources.cpp): a bundle
 * has a base folder, in it Info.plist, the executable that it names, and
 * _CodeSignature/CodeResources, the list of everything else.  All paths here are
 * bytes with "/" between names.
 */
#pragma once
#include "base/buffer.h"
#include "formats/format.h"
#include "structure/ere.h"

#define BUNDLE_MAX_FILES      200000
#define BUNDLE_MAX_PATH       4096
#define BUNDLE_MAX_PATH_DEPTH 128                 /* folders in each other, down to a base */
#define BUNDLE_MAX_RULES      128                 /* of one list */
#define BUNDLE_MAX_INVENTORY  ((size_t)16 << 20)  /* bytes, as it is handed on */
#define BUNDLE_MAX_EFFORT     ((uint64_t)1 << 32) /* of all rules on all paths */
#define BUNDLE_MAX_NAME       255                 /* of an executable */
#define BUNDLE_HASH           20                  /* of a cdhash */
#define BUNDLE_RECORD         21                  /* a part of the file, and a cdhash of it */

extern const struct format format_bundle; /* bundle.c */

/* CodeResources: what the signer sealed (bundle_seal.c). */
struct seal_entry {
	struct span path; /* from the base */
	enum seal_kind { SEAL_FILE, SEAL_LINK, SEAL_CODE } kind;
	bool optional;
	struct span sha1, sha256; /* empty: none; of other lengths: none that can match */
	struct span target;       /* of a link */
	struct span cdhash, requirement; /* of code */
};

struct seal_rule {
	struct span pattern;
	struct ere *ere;
	int64_t weight; /* thousandths */
	bool excludes;  /* false instead of a weight: what matches is out, whatever else says */
	bool omit;
	bool usual; /* one of those that Apple's own tools leave out */
};

struct bundle_seal {
	bool old;                         /* version 1: code is in nobody's list */
	const struct seal_entry *entries; /* sorted by path, all different */
	size_t n;
	const struct seal_rule *rules;
	size_t n_rules;
};

/* STATUS_MALFORMED: no such list; STATUS_LIMIT: a limit above, or of its property list. */
MUST_CHECK enum status bundle_seal_read(struct arena *a, struct span plist,
					struct bundle_seal *out);
/* Which one of .entries @path is; BUNDLE_NOWHERE: none. */
#define BUNDLE_NOWHERE SIZE_MAX
size_t bundle_seal_find(const struct bundle_seal *seal, struct span path);
/* The rule that decides about @path: the one of most weight; *@out NULL: none. */
MUST_CHECK enum status bundle_rule_of(const struct bundle_seal *seal, struct span path,
				      uint64_t *effort, const struct seal_rule **out);

/* Info.plist: the name of the executable, a single part of a path; empty: none (bundle_info.c).
 */
MUST_CHECK enum status bundle_executable(struct arena *a, struct span plist, struct span *out);

/* What was found out about one file, so that a list can be held against it. */
struct bundle_print {
	enum assay_verdict verdict; /* of a program; unknown: it is none */
	bool nonempty;
	struct span sha1, sha256; /* empty, of a bundle inside */
	size_t n_parts;           /* slices of a universal file; else 1 */
	struct span cdhashes;     /* BUNDLE_RECORD bytes each */
	struct span designated;   /* its designated requirement, as text */
};
void bundle_print_encode(struct buffer *out, const struct bundle_print *print);
MUST_CHECK bool bundle_print_decode(struct span bytes, struct bundle_print *out);

/* One thing in a bundle. */
enum bundle_kind {
	BUNDLE_NONE,
	BUNDLE_FILE,
	BUNDLE_LINK,
	BUNDLE_CODE,    /* a bundle inside, by the path of its folder */
	BUNDLE_SPECIAL, /* a device, a FIFO */
	BUNDLE_UNREAD,  /* it could not be read or judged */
};

struct bundle_item {
	enum bundle_kind kind;
	struct span path;
	struct span target; /* of a link */
	struct span print;  /* encoded; of files and code */
};

/* Everything below a base, sorted by path. */
struct bundle_inventory {
	struct span executable; /* path from the base; empty: none */
	const struct bundle_item *items;
	size_t n;
	bool root_unsealed; /* something stands beside the base that nothing seals */
};
void bundle_inventory_begin(struct buffer *out, struct span executable, bool root_unsealed);
void bundle_inventory_add(struct buffer *out, const struct bundle_item *item);
/* Of bytes that bundle_inventory_add() wrote, in any order. */
MUST_CHECK enum status bundle_inventory_decode(struct arena *a, struct span bytes,
					       struct bundle_inventory *out);

/* A bundle, with what must be known of it to judge its executable. */
struct bundle {
	struct bundle_inventory inventory;
	const struct bundle_seal *seal; /* NULL: there is none, or none that can be read */
	bool sealed;                    /* there is a CodeResources */
};

/* What a folder or an archive holds, from its top: before it is known what is a bundle. */
struct bundle_node {
	enum bundle_kind kind;
	struct span path, target;
	struct span print;
	struct span executable; /* of an Info.plist: the name in it */
	size_t origin;          /* the caller's own number */
};

struct bundle_base {
	struct span base; /* with a "/" at its end; empty: the top */
	struct span root; /* what another bundle seals as a whole; empty: the top */
	size_t from, to;  /* its nodes */
	size_t info, seal, program, ticket; /* nodes, or BUNDLE_NOWHERE */
	bool judged;
	struct span print; /* when it is judged */
};

struct bundle_tree {
	struct bundle_node *nodes; /* sorted by path */
	size_t n;
	struct bundle_base *bases; /* inner ones first */
	size_t n_bases;
};

#define BUNDLE_MAX_BASES 4096

/*
 * Is @path that of a file by which a bundle is known?  Then *@root is the bundle: a
 * beginning of @path.
 */
bool bundle_mark(struct span path, struct span *root);
/* Finds the bundles among @nodes, which it sorts (bundle_tree.c). */
MUST_CHECK enum status bundle_tree_read(struct arena *a, struct bundle_node *nodes, size_t n,
					struct bundle_tree *out);
/* The node that is judged for @b: its program, or what shows that there is none. */
size_t bundle_base_judged(const struct bundle_base *b);
/* The one whose root is the top; NULL: the top is no bundle. */
const struct bundle_base *bundle_tree_top(const struct bundle_tree *t);
/* Of an archive: the one app, "Payload/NAME.app"; NULL: none, or several. */
const struct bundle_base *bundle_tree_app(const struct bundle_tree *t);
/* Is a member of this name part of an app in an archive? */
bool bundle_in_archive(struct span name);
/* What is in @b, with the bundles inside that are judged already.  STATUS_LIMIT, _NO_MEMORY. */
MUST_CHECK enum status bundle_tree_inventory(const struct bundle_tree *t,
					     const struct bundle_base *b, struct buffer *out);
