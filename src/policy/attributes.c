/* SPDX-License-Identifier: MIT */
/* The table of attributes, and the closed lists of words. */
#include "policy/attributes.h"

#include "assay.h"

#define FILE_   POLICY_OF_FILE, POLICY_FROM_REPORT
#define EACH    POLICY_OF_SIGNATURE, POLICY_FROM_REPORT
#define FINDING POLICY_OF_FINDING, POLICY_FROM_REPORT
#define PLACE   POLICY_OF_FILE, POLICY_FROM_PLACE
#define CALLER  POLICY_OF_FILE, POLICY_FROM_CALLER

#define BOOL_       POLICY_BOOL, POLICY_WORDS_NONE, 0
#define INT_        POLICY_INT, POLICY_WORDS_NONE, 0
#define TEXT_       POLICY_TEXT, POLICY_WORDS_NONE, 0
#define TIME_       POLICY_TIME, POLICY_WORDS_NONE, 0
#define BYTES_(len) POLICY_BYTES, POLICY_WORDS_NONE, (len)
#define WORD_(list) POLICY_WORD, POLICY_WORDS_##list, 0

const struct policy_row policy_rows[POLICY_ATTRIBUTES] = {
  /* clang-format off */
	[POLICY_SHA256] = { "sha256", BYTES_(32), FILE_, POLICY_PLAIN,
		"SHA-256 of all bytes of the file" },
	[POLICY_SIZE] = { "size", INT_, FILE_, POLICY_PLAIN, "bytes in the file" },
	[POLICY_VERDICT] = { "verdict", WORD_(VERDICT), FILE_, POLICY_PLAIN,
		"the word of the file; \"unsupported\" and \"error\" never satisfy a line that allows" },
	[POLICY_RULE] = { "rule", TEXT_, FILE_, POLICY_PLAIN,
		"the row of the rule table that decided the word" },
	[POLICY_MASQUERADE] = { "masquerade", WORD_(MASQUERADE), FILE_, POLICY_PLAIN,
		"whether the file passes for somebody else's" },
	[POLICY_COMPLETE] = { "complete", BOOL_, FILE_, POLICY_PLAIN,
		"whether everything that should be looked at was" },
	[POLICY_FORMAT] = { "format", TEXT_, FILE_, POLICY_PLAIN,
		"the format, by content; absent: no known program format" },
	[POLICY_VARIANT] = { "variant", TEXT_, FILE_, POLICY_PLAIN,
		"the variant of the format, as reports show it" },
	[POLICY_PACKING] = { "packing", TEXT_, FILE_, POLICY_PLAIN,
		"what the file is packed with, such as \"xz\"" },
	[POLICY_PRESENCE] = { "presence", WORD_(PRESENCE), FILE_, POLICY_PLAIN,
		"where the signature lies that the word rests on" },
	[POLICY_BINDING] = { "binding", WORD_(BINDING), FILE_, POLICY_PLAIN,
		"whether the content is what it signs" },
	[POLICY_SIGNATURE] = { "signature", WORD_(SIGNATURE), FILE_, POLICY_PLAIN,
		"whether it is cryptographically good" },
	[POLICY_TRUST] = { "trust", WORD_(TRUST), FILE_, POLICY_PLAIN,
		"whether its key leads to an anchor" },
	[POLICY_SIGNER] = { "signer", BYTES_(32), FILE_, POLICY_KEY,
		"SHA-256 of the signer's SubjectPublicKeyInfo; present only when everything holds" },
	[POLICY_ANCHOR] = { "anchor", BYTES_(32), FILE_, POLICY_KEY,
		"the same of the anchor at which its chain ends" },
	[POLICY_SIGNING_TIME] = { "signing_time", TIME_, FILE_, POLICY_PLAIN,
		"when it was signed, by a verified timestamp only" },
	[POLICY_IMAGE_DIGEST] = { "image_digest", BYTES_(0), FILE_, POLICY_PARTIAL,
		"the digest of the format over what is here; it does not cover the whole file" },
	[POLICY_SIGNER_NAME_SHORT] = { "signer_name.short", TEXT_, FILE_, POLICY_NAME,
		"the signer's verified name, as answers show it" },
	[POLICY_SIGNER_NAME_SUBJECT] = { "signer_name.subject", TEXT_, FILE_, POLICY_NAME,
		"the whole verified name (RFC 4514)" },
	[POLICY_SIGNER_NAME_ISSUER] = { "signer_name.issuer", TEXT_, FILE_, POLICY_NAME,
		"the name of who issued its certificate, verified" },
	[POLICY_SIGNER_NAME_ANCHOR] = { "signer_name.anchor", TEXT_, FILE_, POLICY_NAME,
		"the name of the anchor" },
	[POLICY_CLAIMED_SIGNER] = { "claimed.signer", TEXT_, FILE_, POLICY_CLAIM,
		"whom the signature says to come from" },
	[POLICY_CLAIMED_REMOVED_SIGNER] = { "claimed.removed_signer", TEXT_, FILE_, POLICY_CLAIM,
		"whom a signature names that was removed" },
	[POLICY_CLAIMED_PROGRAM] = { "claimed.program_name", TEXT_, FILE_, POLICY_CLAIM,
		"the program's name in its signature" },
	[POLICY_CLAIMED_CERTIFICATE] = { "claimed.certificate", BYTES_(32), FILE_, POLICY_CLAIM,
		"SHA-256 of the signer's certificate, whatever it is worth" },
	[POLICY_CLAIMED_TIME] = { "claimed.signing_time", TIME_, FILE_, POLICY_CLAIM,
		"when it says to have been signed" },
	[POLICY_EACH_SCHEME] = { "scheme", TEXT_, EACH, POLICY_PLAIN,
		"how it is signed, such as \"authenticode\"" },
	[POLICY_EACH_VERDICT] = { "verdict", WORD_(VERDICT), EACH, POLICY_PLAIN,
		"the word of this signature" },
	[POLICY_EACH_RULE] = { "rule", TEXT_, EACH, POLICY_PLAIN,
		"the row of the rule table that decided it" },
	[POLICY_EACH_PRESENCE] = { "presence", WORD_(PRESENCE), EACH, POLICY_PLAIN,
		"where it lies" },
	[POLICY_EACH_BINDING] = { "binding", WORD_(BINDING), EACH, POLICY_PLAIN,
		"whether the content is what it signs" },
	[POLICY_EACH_SIGNATURE] = { "signature", WORD_(SIGNATURE), EACH, POLICY_PLAIN,
		"whether it is cryptographically good" },
	[POLICY_EACH_TRUST] = { "trust", WORD_(TRUST), EACH, POLICY_PLAIN,
		"whether its key leads to an anchor" },
	[POLICY_EACH_DIGEST] = { "digest", TEXT_, EACH, POLICY_PLAIN,
		"its digest algorithm, such as \"sha256\"" },
	[POLICY_EACH_DEPTH] = { "depth", INT_, EACH, POLICY_PLAIN,
		"0: outermost; 1: inside another signature" },
	[POLICY_EACH_SIGNER] = { "signer", BYTES_(32), EACH, POLICY_KEY,
		"as of the file, of this signature" },
	[POLICY_EACH_ANCHOR] = { "anchor", BYTES_(32), EACH, POLICY_KEY,
		"as of the file, of this signature" },
	[POLICY_EACH_SIGNING_TIME] = { "signing_time", TIME_, EACH, POLICY_PLAIN,
		"when it was made, by a verified timestamp only" },
	[POLICY_EACH_IMAGE_DIGEST] = { "image_digest", BYTES_(0), EACH, POLICY_PARTIAL,
		"the digest of the format over what is here" },
	[POLICY_EACH_SIGNER_NAME_SHORT] = { "signer_name.short", TEXT_, EACH, POLICY_NAME,
		"the signer's verified name" },
	[POLICY_EACH_SIGNER_NAME_SUBJECT] = { "signer_name.subject", TEXT_, EACH, POLICY_NAME,
		"the whole verified name (RFC 4514)" },
	[POLICY_EACH_SIGNER_NAME_ISSUER] = { "signer_name.issuer", TEXT_, EACH, POLICY_NAME,
		"the name of who issued its certificate, verified" },
	[POLICY_EACH_SIGNER_NAME_ANCHOR] = { "signer_name.anchor", TEXT_, EACH, POLICY_NAME,
		"the name of the anchor" },
	[POLICY_EACH_CLAIMED_SIGNER] = { "claimed.signer", TEXT_, EACH, POLICY_CLAIM,
		"whom it says to come from" },
	[POLICY_EACH_CLAIMED_PROGRAM] = { "claimed.program_name", TEXT_, EACH, POLICY_CLAIM,
		"the program's name in it" },
	[POLICY_EACH_CLAIMED_CERTIFICATE] = { "claimed.certificate", BYTES_(32), EACH, POLICY_CLAIM,
		"SHA-256 of the signer's certificate, whatever it is worth" },
	[POLICY_EACH_CLAIMED_TIME] = { "claimed.signing_time", TIME_, EACH, POLICY_CLAIM,
		"when it says to have been made" },
	[POLICY_FINDING_ID] = { "id", TEXT_, FINDING, POLICY_PLAIN, "the rule of the finding" },
	[POLICY_FINDING_SEVERITY] = { "severity", WORD_(SEVERITY), FINDING, POLICY_PLAIN,
		"how bad it is; may be compared with < and >" },
	[POLICY_FINDING_EXPECTED] = { "expected", TEXT_, FINDING, POLICY_CLAIM,
		"what should have been there" },
	[POLICY_FINDING_OBSERVED] = { "observed", TEXT_, FINDING, POLICY_CLAIM, "what was there" },
	[POLICY_PATH] = { "path", TEXT_, PLACE, POLICY_PLAIN,
		"where the file lies; the guard: as the daemon's mount namespace has it" },
	[POLICY_PACKAGE] = { "package", TEXT_, PLACE, POLICY_PLAIN,
		"the installed package that has a file with these bytes, by a signed archive; absent: none" },
	[POLICY_OWNER_UID] = { "owner_uid", INT_, PLACE, POLICY_PLAIN, "the file's owner" },
	[POLICY_OWNER_GID] = { "owner_gid", INT_, PLACE, POLICY_PLAIN, "the file's group" },
	[POLICY_MODE] = { "mode", INT_, PLACE, POLICY_PLAIN,
		"permission bits of the file, written like 0o755" },
	[POLICY_FILESYSTEM] = { "filesystem", TEXT_, PLACE, POLICY_PLAIN,
		"the kind of its file system, such as \"ext4\"" },
	[POLICY_MEMFD] = { "memfd", BOOL_, PLACE, POLICY_PLAIN,
		"whether it is in memory and has no name" },
	[POLICY_OWN] = { "own", BOOL_, PLACE, POLICY_PLAIN,
		"whether it is one of assay's own programs, by inode" },
	[POLICY_EVENT] = { "event", WORD_(EVENT), CALLER, POLICY_PLAIN,
		"what happens to the file" },
	[POLICY_USER] = { "user", INT_, CALLER, POLICY_PLAIN, "the real uid of the caller" },
	[POLICY_LOGIN_USER] = { "login_user", INT_, CALLER, POLICY_PLAIN,
		"the uid with which the caller logged in; absent: nobody did" },
	[POLICY_CGROUP] = { "cgroup", TEXT_, CALLER, POLICY_PLAIN, "the caller's control group" },
	[POLICY_UNIT] = { "unit", TEXT_, CALLER, POLICY_PLAIN,
		"the caller's unit of the service manager; absent: none" },
	[POLICY_CALLER_PATH] = { "caller.path", TEXT_, CALLER, POLICY_PLAIN,
		"the caller's program" },
	[POLICY_CALLER_SHA256] = { "caller.sha256", BYTES_(32), CALLER, POLICY_PLAIN,
		"SHA-256 of the caller's program, if that was judged when it was run" },
	[POLICY_CALLER_PACKAGE] = { "caller.package", TEXT_, CALLER, POLICY_PLAIN,
		"the package of the caller's program, as of the file" },
  /* clang-format on */
};

bool policy_attribute_find(struct span name, enum policy_scope scope,
			   enum policy_attribute *out)
{
	for (unsigned i = 0; i < POLICY_ATTRIBUTES; i++) {
		if (policy_rows[i].scope == scope &&
		    span_equal(name, SPAN_TEXT(policy_rows[i].name))) {
			*out = (enum policy_attribute)i;
			return true;
		}
	}
	return false;
}

bool policy_attribute_group(struct span name, enum policy_scope scope)
{
	for (size_t i = 0; i < POLICY_ATTRIBUTES; i++) {
		struct span row = SPAN_TEXT(policy_rows[i].name);

		if (policy_rows[i].scope == scope && span_at(row, name.len) == '.' &&
		    span_equal(span_clip(row, 0, name.len), name))
			return true;
	}
	return false;
}

/* How many letters differ, when at most one was left out or added. */
static size_t difference(struct span a, struct span b)
{
	size_t i = 0, j = 0;

	while (span_at(a, i) == span_at(b, i) && i < a.len && i < b.len)
		i++;
	while (j < a.len - i && j < b.len - i &&
	       span_at(a, a.len - 1 - j) == span_at(b, b.len - 1 - j))
		j++;
	return (a.len > b.len ? a.len : b.len) - i - j;
}

const char *policy_attribute_near(struct span name, enum policy_scope scope)
{
	const char *found = NULL;
	size_t best = 3;

	for (size_t i = 0; i < POLICY_ATTRIBUTES; i++) {
		size_t d = difference(name, SPAN_TEXT(policy_rows[i].name));

		if (policy_rows[i].scope == scope && d < best && d < name.len) {
			best = d;
			found = policy_rows[i].name;
		}
	}
	return found;
}

const char *policy_type_name(enum policy_type type)
{
	switch (type) {
	case POLICY_NO_TYPE: break;
	case POLICY_BOOL: return "a truth";
	case POLICY_INT: return "a number";
	case POLICY_TEXT: return "a text";
	case POLICY_BYTES: return "bytes";
	case POLICY_WORD: return "a word";
	case POLICY_TIME: return "a time";
	case POLICY_DURATION: return "a duration";
	}
	return "nothing";
}

static const char *event_word(unsigned i)
{
	switch ((enum policy_event)i) {
	case POLICY_EVENT_UNKNOWN: break;
	case POLICY_EVENT_EXEC: return "exec";
	case POLICY_EVENT_LOADER: return "loader";
	case POLICY_EVENT_INTERPRET: return "interpret";
	case POLICY_EVENT_WINE: return "wine";
	case POLICY_EVENT_MAP: return "map";
	}
	return "unknown";
}

/* How many words each list has. */
static const size_t words_n[POLICY_WORDS_COUNT] = {
	[POLICY_WORDS_VERDICT] = ASSAY_VERDICT_ERROR + 1,
	[POLICY_WORDS_PRESENCE] = ASSAY_PRESENCE_CONTAINER + 1,
	[POLICY_WORDS_BINDING] = ASSAY_BINDING_PARTIAL + 1,
	[POLICY_WORDS_SIGNATURE] = ASSAY_SIGNATURE_UNSUPPORTED + 1,
	[POLICY_WORDS_TRUST] = ASSAY_TRUST_ANCHORED + 1,
	[POLICY_WORDS_SEVERITY] = ASSAY_SEVERITY_HIGH + 1,
	[POLICY_WORDS_MASQUERADE] = ASSAY_MASQUERADE_YES + 1,
	[POLICY_WORDS_EVENT] = POLICY_EVENT_MAP + 1,
};

const char *policy_word(enum policy_words list, size_t i)
{
	unsigned n = (unsigned)i;

	if (i >= words_n[list])
		return NULL;
	switch (list) {
	case POLICY_WORDS_NONE:
	case POLICY_WORDS_COUNT: break;
	case POLICY_WORDS_VERDICT: return assay_verdict_word((enum assay_verdict)n);
	case POLICY_WORDS_PRESENCE: return assay_presence_word((enum assay_presence)n);
	case POLICY_WORDS_BINDING: return assay_binding_word((enum assay_binding)n);
	case POLICY_WORDS_SIGNATURE: return assay_signature_word((enum assay_signature)n);
	case POLICY_WORDS_TRUST: return assay_trust_word((enum assay_trust)n);
	case POLICY_WORDS_SEVERITY: return assay_severity_word((enum assay_severity)n);
	case POLICY_WORDS_MASQUERADE: return assay_masquerade_word((enum assay_masquerade)n);
	case POLICY_WORDS_EVENT: return event_word(n);
	}
	return NULL;
}

bool policy_word_find(enum policy_words list, struct span word, unsigned *out)
{
	const char *each;

	/* What is unknown is a state, not a word. */
	if (span_equal(word, SPAN_LITERAL("unknown")))
		return false;
	for (size_t i = 0; (each = policy_word(list, i)) != NULL; i++) {
		if (span_equal(word, SPAN_TEXT(each))) {
			*out = (unsigned)i;
			return true;
		}
	}
	return false;
}

bool policy_words_ordered(enum policy_words list)
{
	return list == POLICY_WORDS_SEVERITY;
}
