/* SPDX-License-Identifier: MIT */
/* Ids of STIX objects.  Private to src/evidence; what goes wrong is remembered by the output.
 */
#pragma once
#include "evidence/exports.h"
#include "evidence/uuid.h"

/* "file--" and a UUID. */
struct stix_id {
	const char *type;
	struct uuid uuid;
};

#define STIX_SEEN_SLOTS 65536 /* a power of two */

/* Ids that stand in the bundle; when it is full, objects may stand there twice, which is
 * allowed. */
struct stix_seen {
	struct uuid slots[STIX_SEEN_SLOTS];
};

/* False: it stands there already. */
bool stix_is_new(struct exporting *e, const struct stix_id *id);
/* Of something of ours that is made anew, by all that @name holds. */
struct stix_id stix_id_made(struct exporting *e, const char *type, const struct buffer *name);
/* Of something that there is once, by its name. */
struct stix_id stix_id_of(struct exporting *e, const char *type, const char *name);
/* Of an observable: @json holds the members that make it what it is. */
struct stix_id stix_id_of_observable(struct exporting *e, const char *type,
				     const struct buffer *json);
void stix_id_write(struct buffer *out, const struct stix_id *id);
void stix_add_id(struct json *j, const char *key, const struct stix_id *id);
/* Every object goes through here; its id is part of the bundle's. */
void stix_begin_object(struct exporting *e, const struct stix_id *id);
