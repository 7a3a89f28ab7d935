/* SPDX-License-Identifier: MIT */
/* Statements: what the configuration may say, and that a slip of the pen is no weaker wish. */
#include "countermeasures/local_file_permissions/chain.h"
#include "countermeasures/local_file_permissions/statement.h"
#include "host/object.h"
#include "tests/check.h"
#include <unistd.h>

#define P PERMIT_STATEMENT_PROTECT
#define M PERMIT_STATEMENT_MOUNT
#define D PERMIT_STATEMENT_DENY

static const struct {
	enum permit_statement_kind kind;
	const char *text;
	bool good;
	const char *place;
	uint32_t number; /* owner, mode or mount flags, whichever is given */
} rows[] = {
	{P,  "/usr/bin/* owner=root",                    true,  "/usr/bin/*", 0                           },
	{ P, "/x owner=0",			       true,  "/x",         0                           },
	{ P, "  /x \t mode<=0755  ",                     true,  "/x",         0755                        },
	{ P, "/x mode<=7777",                            true,  "/x",         07777                       },
	{ P, "/x immutable",			     true,  "/x",         0                           },
	{ P, "",					 false, NULL,         0                           },
	{ P, "/x",				       false, NULL,         0                           },
	{ P, "x owner=root",			     false, NULL,         0                           },
	{ P, "/x owner=",				false, NULL,         0                           },
	{ P, "/x owner=nobody-of-this-name",             false, NULL,         0                           },
	{ P, "/x owner=4294967295",                      false, NULL,         0                           },
	{ P, "/x mode=0755",			     false, NULL,         0                           },
	{ P, "/x mode<=",				false, NULL,         0                           },
	{ P, "/x mode<=0855",                            false, NULL,         0                           },
	{ P, "/x mode<=77777",                           false, NULL,         0                           },
	{ P, "/x imutable",			      false, NULL,         0                           },
	{ P, "/x noexec",				false, NULL,         0                           },
	{ P, "/x owner=0 mode<=0 immutable a b c d e f", false, NULL,         0                           },
	{ M, "/srv noexec",			      true,  "/srv",       OBJECT_NOEXEC               },
	{ M, "/srv nodev nosuid",                        true,  "/srv",       OBJECT_NODEV | OBJECT_NOSUID},
	{ M, "/srv",				     false, NULL,         0                           },
	{ M, "/srv exec",				false, NULL,         0                           },
	{ M, "/srv noexec,nosuid",                       false, NULL,         0                           },
	{ M, "/srv owner=root",                          false, NULL,         0                           },
	{ D,
         "00112233445566778899aabbccddeeff"
	  "00112233445566778899aabbccddeeff",	    true,  NULL,         0			   },
	{ D, "0011223",				  true,  "0011223",    0                           },
	{ D, "00112",				    false, NULL,         0                           },
	{ D, "0011zz22",				 false, NULL,         0                           },
	{ D, "00112233445566778899aabbccddeeff0",        false, NULL,         0                           },
	{ D, "001122 334455",                            false, NULL,         0                           },
};

static void check_statements(void)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT((size_t)1 << 20);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct permit_statement s;
		const char *why = NULL;
		enum status status =
			permit_statement_parse(&arena, rows[i].kind, rows[i].text, &s, &why);
		bool good = (status == STATUS_OK) == rows[i].good;

		if (status == STATUS_OK && good)
			good = (!rows[i].place || strcmp(s.place, rows[i].place) == 0) &&
			       (s.owner | s.mode | s.mount_flags) == rows[i].number &&
			       s.has_sha256 == (rows[i].kind == D && !rows[i].place);
		CHECK(good && (status == STATUS_OK) == !why, "\"%s\": %s", rows[i].text,
		      why ? why : "understood");
	}
}

/* Who may change what a mode describes. */
static void check_chain(void)
{
	static const struct {
		uint32_t mode, uid, gid, owner;
		bool others;
	} modes[] = {
		{S_IFREG | 0755,   0,    0,    0,    false},
		{ S_IFREG | 0775,  0,    0,    0,    false}, /* root's own group */
		{ S_IFREG | 0775,  1000, 1000, 1000, false}, /* a user's own group */
		{ S_IFREG | 0775,  1000, 50,   1000, true },
		{ S_IFREG | 0757,  0,    0,    0,    true },
		{ S_IFREG | 0755,  1000, 1000, 0,    true }, /* not who shall own it */
		{ S_IFREG | 0755,  0,    0,    1000, false}, /* root may always */
		{ S_IFDIR | 0777,  0,    0,    0,    true },
		{ S_IFDIR | 01777, 0,    0,    0,    false},
		{ S_IFDIR | 01777, 1000, 1000, 0,    true },
		{ S_IFLNK | 0777,  0,    0,    0,    false},
		{ S_IFLNK | 0777,  1000, 1000, 0,    true },
	};

	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		const struct stat st = { .st_mode = modes[i].mode,
					 .st_uid = modes[i].uid,
					 .st_gid = modes[i].gid };

		CHECK(permit_others_write(&st, SPAN_NONE, modes[i].owner) == modes[i].others,
		      "mode %o of %u:%u: %s", modes[i].mode, modes[i].uid, modes[i].gid,
		      modes[i].others ? "somebody else may" : "nobody else may");
	}
}

int main(void)
{
	check_statements();
	check_chain();
	return CHECK_DONE();
}
