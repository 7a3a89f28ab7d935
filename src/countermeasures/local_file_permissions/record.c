/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/record.h"

#define PAYLOAD_VERSION 1

enum status permit_record(struct permit_actor *actor, const struct journal_id *id,
			  enum journal_type type, struct span payload)
{
	const struct journal_record r = { .type = (uint16_t)type,
					  .version = PAYLOAD_VERSION,
					  .id = *id,
					  .time = actor->now,
					  .payload = payload };

	TRY(journal_append(actor->journal, &r));
	TRY(journal_sync(actor->journal));
	return permit_ledger_take(&actor->ledger, &r);
}

enum status permit_record_done(struct permit_actor *actor, const struct journal_id *id, int fd)
{
	CLEANUP(buffer_free) struct buffer payload = BUFFER_INIT;
	struct object_identity now;

	TRY(object_identify(fd, &now));
	object_identity_write(&payload, &now);
	TRY(buffer_status(&payload));
	return permit_record(actor, id, JOURNAL_PERM_DONE, buffer_span(&payload));
}

enum status permit_record_undo(struct permit_actor *actor, const struct journal_id *id,
			       unsigned which, const struct object_state *target)
{
	CLEANUP(buffer_free) struct buffer payload = BUFFER_INIT;

	buffer_u32le(&payload, which);
	object_state_write(&payload, target);
	TRY(buffer_status(&payload));
	return permit_record(actor, id, JOURNAL_PERM_UNDO_INTENT, buffer_span(&payload));
}

enum status permit_begin(struct arena *a, const char *folder, int64_t now,
			 struct permit_actor *out, const char **problem)
{
	const struct journal_place place = { folder, permit_ledger_take, &out->ledger };

	*out = (struct permit_actor){ .arena = a, .now = now, .ledger = { .arena = a } };
	TRY(journal_open(a, &place, &out->journal, &out->ledger.health, problem));
	return permit_recover(out);
}

void permit_end(struct permit_actor *actor)
{
	journal_close(actor->journal);
	actor->journal = NULL;
}
