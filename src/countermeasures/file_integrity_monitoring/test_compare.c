/* SPDX-License-Identifier: MIT */
/* What became of a file: a row for each pair of records that means something. */
#include "countermeasures/file_integrity_monitoring/compare.h"
#include "tests/check.h"
#include <sys/stat.h>

#define FILE_MODE (S_IFREG | 0755)
#define BIT(rule) (UINT64_C(1) << (rule))

/* What a row says of one record; the rest is the same for all. */
struct side {
	enum assay_verdict verdict;
	int content; /* 0: no such file */
	uint32_t mode;
	const char *signer, *anchor, *covered;
	int64_t signed_at;
};

#define NONE                                                                                   \
	{                                                                                      \
		0                                                                              \
	}
#define PLAIN(verdict, content)                                                                \
	{                                                                                      \
		ASSAY_VERDICT_##verdict, content, FILE_MODE, NULL, NULL, NULL, 0               \
	}
#define SIGNED(content, signer, anchor, covered, at)                                           \
	{                                                                                      \
		ASSAY_VERDICT_VALID, content, FILE_MODE, signer, anchor, covered, at           \
	}
#define MODE(mode)                                                                             \
	{                                                                                      \
		ASSAY_VERDICT_UNSIGNED, 1, mode, NULL, NULL, NULL, 0                           \
	}

static const struct {
	const char *what;
	struct side before, after;
	uint64_t rules;
	enum fim_severity severity;
} rows[] = {
  /* clang-format off */
	{ "valid -> grafted", SIGNED(1, "k", "a", "c", 5), PLAIN(GRAFTED, 2),
	  BIT(FIM_CHANGED_INTO_FORGERY), FIM_SEVERITY_CRITICAL },
	{ "unsigned -> grafted", PLAIN(UNSIGNED, 1), PLAIN(GRAFTED, 2),
	  BIT(FIM_CHANGED_INTO_FORGERY), FIM_SEVERITY_CRITICAL },
	{ "valid -> counterfeit", SIGNED(1, "k", "a", "c", 5), PLAIN(COUNTERFEIT, 2),
	  BIT(FIM_CHANGED_INTO_FORGERY), FIM_SEVERITY_CRITICAL },
	{ "nothing -> grafted", NONE, PLAIN(GRAFTED, 2),
	  BIT(FIM_CHANGED_INTO_FORGERY), FIM_SEVERITY_CRITICAL },
	{ "valid -> tampered", SIGNED(1, "k", "a", "c", 5), PLAIN(TAMPERED, 2),
	  BIT(FIM_SIGNATURE_BROKEN), FIM_SEVERITY_CRITICAL },
	{ "valid -> mismatched", SIGNED(1, "k", "a", "c", 5), PLAIN(MISMATCHED, 2),
	  BIT(FIM_SIGNATURE_BROKEN), FIM_SEVERITY_CRITICAL },
	{ "valid -> broken", SIGNED(1, "k", "a", "c", 5), PLAIN(BROKEN, 2),
	  BIT(FIM_SIGNATURE_BROKEN), FIM_SEVERITY_CRITICAL },
	{ "untrusted -> mismatched", PLAIN(UNTRUSTED, 1), PLAIN(MISMATCHED, 2),
	  BIT(FIM_SIGNATURE_BROKEN), FIM_SEVERITY_CRITICAL },
	{ "adhoc -> tampered", PLAIN(ADHOC, 1), PLAIN(TAMPERED, 2),
	  BIT(FIM_SIGNATURE_BROKEN), FIM_SEVERITY_CRITICAL },
	{ "unsigned -> broken", PLAIN(UNSIGNED, 1), PLAIN(BROKEN, 2),
	  BIT(FIM_CHANGED_UNSOUND), FIM_SEVERITY_HIGH },
	{ "unsigned -> mismatched", PLAIN(UNSIGNED, 1), PLAIN(MISMATCHED, 2),
	  BIT(FIM_CHANGED_UNSOUND), FIM_SEVERITY_HIGH },
	{ "tampered -> mismatched", PLAIN(TAMPERED, 1), PLAIN(MISMATCHED, 2),
	  BIT(FIM_PROGRAM_CHANGED), FIM_SEVERITY_MEDIUM },
	{ "valid -> stripped", SIGNED(1, "k", "a", "c", 5), PLAIN(STRIPPED, 2),
	  BIT(FIM_SIGNATURE_LOST), FIM_SEVERITY_HIGH },
	{ "valid -> unsigned", SIGNED(1, "k", "a", "c", 5), PLAIN(UNSIGNED, 2),
	  BIT(FIM_SIGNATURE_LOST), FIM_SEVERITY_HIGH },
	{ "valid -> costume", SIGNED(1, "k", "a", "c", 5), PLAIN(COSTUME, 2),
	  BIT(FIM_SIGNATURE_LOST), FIM_SEVERITY_HIGH },
	{ "valid -> no program", SIGNED(1, "k", "a", "c", 5), PLAIN(UNKNOWN, 2),
	  BIT(FIM_SIGNATURE_LOST), FIM_SEVERITY_HIGH },
	{ "valid -> error", SIGNED(1, "k", "a", "c", 5), PLAIN(ERROR, 2),
	  BIT(FIM_UNJUDGED), FIM_SEVERITY_HIGH },
	{ "valid -> untrusted", SIGNED(1, "k", "a", "c", 5), PLAIN(UNTRUSTED, 2),
	  BIT(FIM_SIGNER_CHANGED), FIM_SEVERITY_HIGH },
	{ "another signer", SIGNED(1, "k", "a", "c", 5), SIGNED(2, "l", "b", "d", 6),
	  BIT(FIM_SIGNER_CHANGED), FIM_SEVERITY_HIGH },
	{ "another key, same anchor", SIGNED(1, "k", "a", "c", 5), SIGNED(2, "l", "a", "d", 6),
	  BIT(FIM_SIGNER_RENEWED), FIM_SEVERITY_MEDIUM },
	{ "same signer, earlier", SIGNED(1, "k", "a", "c", 5), SIGNED(2, "k", "a", "d", 4),
	  BIT(FIM_DOWNGRADE), FIM_SEVERITY_MEDIUM },
	{ "same signer, later", SIGNED(1, "k", "a", "c", 5), SIGNED(2, "k", "a", "d", 6),
	  BIT(FIM_UPDATED), FIM_SEVERITY_INFO },
	{ "same signed digest", SIGNED(1, "k", "a", "c", 5), SIGNED(2, "k", "a", "c", 5),
	  BIT(FIM_UNCOVERED_CHANGED), FIM_SEVERITY_MEDIUM },
	{ "same content, revoked", SIGNED(1, "k", "a", "c", 5), PLAIN(UNTRUSTED, 1),
	  BIT(FIM_VERDICT_MOVED), FIM_SEVERITY_INFO },
	{ "unsigned -> unsigned", PLAIN(UNSIGNED, 1), PLAIN(UNSIGNED, 2),
	  BIT(FIM_PROGRAM_CHANGED), FIM_SEVERITY_MEDIUM },
	{ "unsigned -> valid", PLAIN(UNSIGNED, 1), SIGNED(2, "k", "a", "c", 5),
	  BIT(FIM_UPDATED), FIM_SEVERITY_INFO },
	{ "nothing -> unsigned", NONE, PLAIN(UNSIGNED, 1), BIT(FIM_ADDED), FIM_SEVERITY_LOW },
	{ "nothing -> set-uid", NONE, MODE(S_IFREG | 04755),
	  BIT(FIM_ADDED) | BIT(FIM_GAINED_SET_ID), FIM_SEVERITY_HIGH },
	{ "nothing -> tampered", NONE, PLAIN(TAMPERED, 1),
	  BIT(FIM_ADDED_UNSOUND), FIM_SEVERITY_HIGH },
	{ "valid -> nothing", SIGNED(1, "k", "a", "c", 5), NONE,
	  BIT(FIM_REMOVED), FIM_SEVERITY_LOW },
	{ "a file -> a link", MODE(FILE_MODE), MODE(S_IFLNK | 0777),
	  BIT(FIM_REPLACED), FIM_SEVERITY_HIGH },
	{ "a file -> a folder", MODE(FILE_MODE), MODE(S_IFDIR | 0755),
	  BIT(FIM_REPLACED), FIM_SEVERITY_HIGH },
	{ "gained x", MODE(S_IFREG | 0644), MODE(FILE_MODE),
	  BIT(FIM_BECAME_EXECUTABLE), FIM_SEVERITY_MEDIUM },
	{ "gained set-uid", MODE(FILE_MODE), MODE(S_IFREG | 04755),
	  BIT(FIM_GAINED_SET_ID) | BIT(FIM_MODE_CHANGED), FIM_SEVERITY_HIGH },
	{ "writable by others", MODE(FILE_MODE), MODE(S_IFREG | 0757),
	  BIT(FIM_BECAME_WRITABLE) | BIT(FIM_MODE_CHANGED), FIM_SEVERITY_MEDIUM },
	{ "other rights", MODE(FILE_MODE), MODE(S_IFREG | 0750),
	  BIT(FIM_MODE_CHANGED), FIM_SEVERITY_LOW },
	{ "nothing changed", SIGNED(1, "k", "a", "c", 5), SIGNED(1, "k", "a", "c", 5),
	  0, FIM_SEVERITY_NONE },
  /* clang-format on */
};

static struct span text_of(const char *text)
{
	return text ? SPAN_TEXT(text) : SPAN_NONE;
}

static struct baseline_record record_of(const struct side *s)
{
	struct baseline_record r = { .path = SPAN_LITERAL("/p"),
				     .flags = BASELINE_HAS_SHA256 | BASELINE_HAS_XATTRS,
				     .ino = 3,
				     .size = 10,
				     /* Whatever changes, the clock went on. */
				     .mtime_ns = s->content * INT64_C(1000000000),
				     .ctime_ns = s->content * INT64_C(1000000000),
				     .read_at_ns = INT64_C(100000000000),
				     .mode = s->mode,
				     .nlink = 1,
				     .verdict = s->verdict,
				     .signer_spki = text_of(s->signer),
				     .anchor_spki = text_of(s->anchor),
				     .covered = text_of(s->covered),
				     .signed_at = s->signed_at };

	if (s->content == 0)
		return (struct baseline_record){ 0 };
	if (s->signed_at)
		r.flags |= BASELINE_HAS_SIGNED_AT;
	memset(r.sha256, s->content, sizeof(r.sha256));
	if (s->verdict != ASSAY_VERDICT_UNKNOWN)
		r.format = SPAN_LITERAL("pe");
	return r;
}

static void check_rows(void)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fim_change c = { .before = record_of(&rows[i].before),
					.after = record_of(&rows[i].after) };

		fim_compare(&c);
		CHECK(c.rules == rows[i].rules && fim_severity_of(&c) == rows[i].severity,
		      "%s: %#jx", rows[i].what, (uintmax_t)c.rules);
		seen |= c.rules;
	}
	for (unsigned i = FIM_RULE_NONE; i < FIM_RULES; i++)
		CHECK(fim_rules[i].id && fim_rules[i].sentence, "rule %u is told", i);
	CHECK((seen & BIT(FIM_RULE_NONE)) == 0, "no row gives nothing a name");
}

static const struct side was = SIGNED(1, "k", "a", "c", 5);

/* What is no program, and says which ones run. */
static void check_starts(void)
{
	static const struct side unit = {
		ASSAY_VERDICT_UNKNOWN, 1, S_IFREG | 0644, NULL, NULL, NULL, 0
	};
	struct side other = unit;
	struct fim_change c = { .before = record_of(&unit) };

	other.content = 2;
	c.after = record_of(&other);
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_CONTENT_CHANGED), "a document changed");
	c.before.path = c.after.path = SPAN_LITERAL("/etc/systemd/system/x.service");
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_START_CHANGED), "a unit changed");
	c.before = (struct baseline_record){ 0 };
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_ADDED_START) && fim_severity_of(&c) == FIM_SEVERITY_MEDIUM,
	      "a unit came");
}

/* What cannot be said by verdicts: one field each. */
static void check_fields(void)
{
	struct fim_change c = { .before = record_of(&was), .after = record_of(&was) };

	c.after.sha256[0] ^= 1;
	c.after.mtime_ns++;
	c.after.size++;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_UNCOVERED_ADDED) && fim_severity_of(&c) == FIM_SEVERITY_HIGH,
	      "the same signed digest, and a byte more");
	c.after = c.before;
	c.after.sha256[0] ^= 1;
	fim_compare(&c);
	CHECK(fim_has(&c, FIM_SILENT_CHANGE) && fim_severity_of(&c) == FIM_SEVERITY_CRITICAL,
	      "other content, same inode and times: silent-change");
	c.after = c.before;
	c.after.uid = 7;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_OWNER_CHANGED), "another owner");
	c.after = c.before;
	c.before.flags |= BASELINE_IMMUTABLE;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_LOST_IMMUTABLE), "no longer immutable");
	c.before = c.after;
	c.after.capability = SPAN_LITERAL("cap");
	c.after.xattrs[0] ^= 1;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_GAINED_CAPABILITY), "a capability that nobody can read");
	c.after.capability = SPAN_NONE;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_XATTRS_CHANGED), "another attribute");
	c.after.acl = SPAN_LITERAL("acl");
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_ACL_CHANGED), "an access control list");
	c.after = c.before;
	c.before.flags |= BASELINE_OUTSIDE;
	c.after.flags |= BASELINE_OUTSIDE;
	c.after.sha256[0] ^= 1;
	fim_compare(&c);
	CHECK(c.rules == 0, "what nobody asked for is not told");
	c.after.flags &= ~(unsigned)BASELINE_OUTSIDE;
	fim_compare(&c);
	CHECK(c.rules == BIT(FIM_ADDED), "until it becomes a program");
	c.before = (struct baseline_record){ 0 };
	c.after.capability = SPAN_LITERAL("cap");
	fim_compare(&c);
	CHECK(c.rules == (BIT(FIM_ADDED) | BIT(FIM_GAINED_CAPABILITY)),
	      "what is new has a capability");
}

/* Values of security.capability. */
#define NUMBER(n) (uint8_t)(n), 0, 0, 0
static const uint8_t raw[] = { 1, 0, 0, 2, NUMBER(32), NUMBER(0), NUMBER(0), NUMBER(0) };
static const uint8_t raw_and_more[] = {
	1, 0, 0, 2, NUMBER(33), NUMBER(0), NUMBER(0), NUMBER(0)
};
static const uint8_t raw_asked[] = { 0, 0, 0, 2, NUMBER(32), NUMBER(0), NUMBER(0), NUMBER(0) };
static const uint8_t raw_high[] = { 1, 0, 0, 2, NUMBER(32), NUMBER(0), NUMBER(1), NUMBER(0) };
static const uint8_t raw_elsewhere[] = { 1,         0,         0,         3,        NUMBER(32),
					 NUMBER(0), NUMBER(0), NUMBER(0), NUMBER(7) };
static const uint8_t raw_first[] = { 1, 0, 0, 1, NUMBER(32), NUMBER(0) };

static void check_capabilities(void)
{
	const struct span none = SPAN_NONE, some = SPAN_OF(raw);
	const struct {
		const char *what;
		struct span before, after;
		enum fim_rule rule;
	} pairs[] = {
		{"none -> one",                none,                  some,                   FIM_GAINED_CAPABILITY},
		{ "one -> none",               some,                  none,                   FIM_LOST_CAPABILITY  },
		{ "one -> two",                some,                  SPAN_OF(raw_and_more),  FIM_GAINED_CAPABILITY},
		{ "two -> one",                SPAN_OF(raw_and_more), some,                   FIM_LOST_CAPABILITY  },
		{ "another of the upper half", some,                  SPAN_OF(raw_high),      FIM_GAINED_CAPABILITY},
		{ "no longer from the start",  some,                  SPAN_OF(raw_asked),     FIM_LOST_CAPABILITY  },
		{ "from the start",            SPAN_OF(raw_asked),    some,                   FIM_GAINED_CAPABILITY},
		{ "of another root",           some,                  SPAN_OF(raw_elsewhere), FIM_GAINED_CAPABILITY},
		{ "written in the first form", some,                  SPAN_OF(raw_first),     FIM_LOST_CAPABILITY  },
		{ "cut short",                 some,                  { raw, 7 },             FIM_GAINED_CAPABILITY},
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct fim_change c = { .before = record_of(&was), .after = record_of(&was) };

		c.before.capability = pairs[i].before;
		c.after.capability = pairs[i].after;
		c.after.xattrs[0] ^= 1;
		fim_compare(&c);
		CHECK(c.rules == BIT(pairs[i].rule), "capabilities: %s", pairs[i].what);
	}
}

/* acl(5): u::rwx u:9:RIGHTS g::r-x m::rwx o::r-x */
#define ACL(rights)                                                                            \
	{                                                                                      \
		NUMBER(2), 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, rights, 0, 9, 0, 0, 0, 4, 0,  \
			5, 0, 255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255, 255, 32, 0, 5,   \
			0, 255, 255, 255, 255                                                  \
	}
static const uint8_t acl_writes[] = ACL(7), acl_reads[] = ACL(5);

/* Who may add to a folder. */
static void check_folders(void)
{
	const struct span none = SPAN_NONE, writes = SPAN_OF(acl_writes),
			  reads = SPAN_OF(acl_reads);
	const uint64_t mode = BIT(FIM_MODE_CHANGED), opens = BIT(FIM_FOLDER_WRITABLE),
		       acl = BIT(FIM_ACL_CHANGED);
	const struct {
		const char *what;
		unsigned before, after; /* modes; 0: there was none */
		uint32_t gid;
		struct span acl_before, acl_after;
		uint64_t rules;
	} changes[] = {
		{"everybody",                   0755, 0777,  0, none,  none,   mode | opens},
		{ "everybody, and no more",     0755, 01777, 0, none,  none,   mode | opens},
		{ "a group",                    0755, 0775,  9, none,  none,   mode | opens},
		{ "root's group",               0755, 0775,  0, none,  none,   mode        },
		{ "the owner's own group",      0755, 0775,  7, none,  none,   mode        },
		{ "everybody beside a group",   0775, 0777,  9, none,  none,   mode | opens},
		{ "a group no more",            0775, 0755,  9, none,  none,   mode        },
		{ "a list that lets one write", 0755, 0775,  0, none,  writes,
                 mode | opens | acl							},
		{ "one more in the list",       0775, 0775,  0, reads, writes, opens | acl },
		{ "a list that lets one read",  0755, 0775,  9, none,  reads,  mode | acl  },
		{ "a list whose mask forbids",  0755, 0755,  0, none,  writes, acl         },
		{ "set-gid",                    0755, 02755, 9, none,  none,   mode        },
		{ "a new one of the owner",     0,    0775,  7, none,  none,   0           },
		{ "a new one of everybody",     0,    0777,  0, none,  none,   opens       },
		{ "a new one of a group",       0,    0775,  9, none,  none,   opens       },
		{ "a new one of a list",        0,    0775,  0, none,  writes, opens       },
	};

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct fim_change c = {
			.after = {.path = SPAN_LITERAL("/usr/bin"),
                                  .flags = BASELINE_HAS_XATTRS,
                                  .mode = S_IFDIR | changes[i].after,
                                  .uid = 7,
                                  .gid = changes[i].gid,
                                  .nlink = 3,
                                  .acl = changes[i].acl_after}
		};

		if (changes[i].before != 0) {
			c.before = c.after;
			c.before.mode = S_IFDIR | changes[i].before;
			c.before.acl = changes[i].acl_before;
			c.before.size = c.before.nlink = 2;
		}
		fim_compare(&c);
		CHECK(c.rules == changes[i].rules &&
			      (fim_severity_of(&c) == FIM_SEVERITY_HIGH) ==
				      ((c.rules & opens) != 0),
		      "folder: %s: %#jx", changes[i].what, (uintmax_t)c.rules);
	}
}

static void check_candidates(void)
{
	struct baseline_record before = record_of(&was), now = before;

	CHECK(!fim_candidate(&before, &now),
	      "the same inode in the same state is no candidate");
	now.ctime_ns++;
	CHECK(fim_candidate(&before, &now), "another ctime makes one");
	now = before;
	now.ino++;
	CHECK(fim_candidate(&before, &now), "another inode makes one");
	now = before;
	before.read_at_ns = before.ctime_ns + 1000;
	CHECK(fim_candidate(&before, &now), "one read in the tick of its change is one");
}

static void check_moves(void)
{
	static const struct side
		other = { ASSAY_VERDICT_UNSIGNED, 2, S_IFREG | 04755, NULL, NULL, NULL, 0 },
		forged = PLAIN(GRAFTED, 3);
	struct fim_change c[5] = { 0 };
	size_t n = COUNT_OF(c);

	c[0].before = record_of(&was);
	c[1].before = record_of(&other);
	c[1].before.ino = 4;
	c[2].after = record_of(&other); /* same content, another inode */
	c[2].after.ino = 5;
	c[2].after.path = SPAN_LITERAL("/q");
	c[3].after = record_of(&was);
	c[3].after.path = SPAN_LITERAL("/r");
	c[4].after = record_of(&forged);
	c[4].after.ino = 6;
	for (size_t i = 0; i < n; i++)
		fim_compare(&c[i]);
	CHECK(fim_moves_find(c, &n) == STATUS_OK && n == 3, "two of five changes are one (%zu)",
	      n);
	CHECK(c[0].rules == BIT(FIM_MOVED) && c[1].rules == BIT(FIM_MOVED) &&
		      c[0].before.path.len > 0 && c[0].after.path.len > 0,
	      "one by its content, one by its inode");
	CHECK(c[2].rules == BIT(FIM_CHANGED_INTO_FORGERY), "and a forgery is none of them");
}

int main(void)
{
	check_rows();
	check_starts();
	check_fields();
	check_capabilities();
	check_folders();
	check_candidates();
	check_moves();
	return CHECK_DONE();
}
