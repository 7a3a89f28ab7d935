/* SPDX-License-Identifier: MIT */
/* Info.plist, as far as it must be known to find the program. */
#include "formats/bundle/bundle.h"
#include "structure/plist/plist.h"

enum status bundle_executable(struct arena *a, struct span in, struct span *out)
{
	const struct plist *name;
	struct plist *root;
	enum status status = plist_read(a, in, &root);
	uint64_t at;

	*out = SPAN_NONE;
	if (status == STATUS_NO_MEMORY)
		return status;
	name = status == STATUS_OK ? plist_find(root, "CFBundleExecutable", PLIST_STRING)
				   : NULL;
	if (!name || name->bytes.len == 0 || name->bytes.len > BUNDLE_MAX_NAME ||
	    span_find(name->bytes, SPAN_LITERAL("/"), 0, &at) ||
	    span_find(name->bytes, SPAN_LITERAL("\0"), 0, &at) ||
	    span_equal(name->bytes, SPAN_LITERAL(".")) ||
	    span_equal(name->bytes, SPAN_LITERAL("..")))
		return STATUS_OK;
	*out = name->bytes;
	return STATUS_OK;
}
