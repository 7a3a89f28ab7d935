/* SPDX-License-Identifier: MIT */
/* The parts, without anybody's real bundle: what is refused, trees of all small sizes. */
#include "base/base64.h"
#include "tests/check.h"
#include "verify/sigstore/state.h"

#define MEDIA "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define ID    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ENTRY                                                                                  \
	"{\"logIndex\":\"1\",\"logId\":{\"keyId\":\"" ID "\"},"                                \
	"\"kindVersion\":{\"kind\":\"hashedrekord\",\"version\":\"0.0.2\"},"                   \
	"\"inclusionProof\":{\"logIndex\":\"0\",\"rootHash\":\"" ID "\",\"treeSize\":\"1\","   \
	"\"hashes\":[],\"checkpoint\":{\"envelope\":\"x\"}},\"canonicalizedBody\":\"AA==\"}"
#define MATERIAL                                                                               \
	"\"verificationMaterial\":{\"publicKey\":{\"hint\":\"\"},\"tlogEntries\":[" ENTRY "]}"
#define MESSAGE "\"messageSignature\":{\"signature\":\"AA==\"}"

static const struct {
	const char *text, *problem; /* NULL: none */
	bool unsupported;
} bundles[] = {
	{"{" MEDIA "," MATERIAL "," MESSAGE "}",                                            NULL,                                         false},
	{ "{" MEDIA "," MATERIAL "," MESSAGE,					       "it is not well-formed JSON",                 false},
	{ "{" MEDIA "," MEDIA "," MATERIAL "," MESSAGE "}",                                 "it is not well-formed JSON",
         false																 },
	{ "{" MATERIAL "," MESSAGE "}",						     "it does not say of which version it is",     false},
	{ "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.9+json\"," MATERIAL
	  "," MESSAGE "}",
         "a version of bundles that is not built in",										     true },
	{ "{" MEDIA "," MATERIAL "}",						       "it has not exactly one signature",           false},
	{ "{" MEDIA "," MATERIAL ",\"messageSignature\":{\"signature\":\"A\"}}",
         "its signature cannot be read",												  false},
	{ "{" MEDIA "," MATERIAL
	  ",\"messageSignature\":{\"signature\":\"AA==\",\"messageDigest\":{"
	  "\"algorithm\":\"MD5\",\"digest\":\"AA==\"}}}",			  "a digest that is not built in",              true },
	{ "{" MEDIA "," MATERIAL
	  ",\"messageSignature\":{\"signature\":\"AA==\",\"messageDigest\":{"
	  "\"algorithm\":\"SHA2_256\",\"digest\":\"AA==\"}}}",		     "its digest of the file cannot be read",      false},
	{ "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[]}," MESSAGE
	  "}",								     "no entry of a transparency log",             false},
	{ "{" MEDIA ",\"verificationMaterial\":{\"tlogEntries\":[" ENTRY "]}," MESSAGE "}",
         "it does not say by one certificate or key who signed",									  false},
	{ "{" MEDIA
	  ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[{\"logIndex\":"
	  "\"-1\"}]}," MESSAGE "}",
         "the number of its log entry makes no sense",										    false},
	{ "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[{\"logId\":{"
	  "\"keyId\":\"" ID "\"},\"canonicalizedBody\":\"AA==\"}]}," MESSAGE "}",
         "no proof of inclusion with a checkpoint of the log",									    false},
	{ "{" MEDIA ",\"verificationMaterial\":{\"x509CertificateChain\":{\"certificates\":[]},"
	  "\"tlogEntries\":[" ENTRY "]}," MESSAGE "}",
         "a chain of certificates does not belong to version 0.3",									false},
	{ "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.1\","
	  "\"verificationMaterial\":{\"x509CertificateChain\":{\"certificates\":[]},"
	  "\"tlogEntries\":[" ENTRY "]}," MESSAGE "}",
         "its chain of certificates is empty",											    false},
	{ "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":"
	  "\"text/plain\",\"signatures\":[{\"sig\":\"AA==\"}]}}",		  "what it signs is not an in-toto statement",  true },
	{ "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":"
	  "\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"AA==\"},{\"sig\":"
	  "\"AA==\"}]}}",							  "its envelope has not exactly one signature", false},
};

static void check_bundles(void)
{
	for (size_t i = 0; i < COUNT_OF(bundles); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
		struct sigstore_bundle b;
		const char *problem = "not read";
		bool unsupported = false;
		enum status status = sigstore_bundle_read(&a, SPAN_TEXT(bundles[i].text), &b,
							  &problem, &unsupported);

		CHECK(status == STATUS_OK && unsupported == bundles[i].unsupported &&
			      (problem ? bundles[i].problem &&
						 strcmp(problem, bundles[i].problem) == 0
				       : !bundles[i].problem),
		      "bundle %zu: %s", i, problem ? problem : "is read");
	}
}

static void repeat(struct buffer *out, const char *what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buffer_printf(out, "%s%s", i ? "," : "", what);
}

static enum status bundle_status(const struct buffer *text)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	struct sigstore_bundle b;
	const char *problem;
	bool unsupported;

	return sigstore_bundle_read(&a, buffer_span(text), &b, &problem, &unsupported);
}

/* More than we read is nothing against the bundle: as many as that are read. */
static void check_limits(void)
{
	for (size_t more = 0; more < 2; more++) {
		CLEANUP(buffer_free) struct buffer entries = BUFFER_INIT, tokens = BUFFER_INIT;
		CLEANUP(buffer_free) struct buffer chain = BUFFER_INIT;
		enum status wanted = more ? STATUS_LIMIT : STATUS_OK;

		buffer_text(&entries, "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{},"
				      "\"tlogEntries\":[");
		repeat(&entries, ENTRY, SIGSTORE_MAX_ENTRIES + more);
		buffer_text(&entries, "]}," MESSAGE "}");
		buffer_text(&tokens,
			    "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{},"
			    "\"tlogEntries\":[" ENTRY "],\"timestampVerificationData\":{"
			    "\"rfc3161Timestamps\":[");
		repeat(&tokens, "{\"signedTimestamp\":\"AA==\"}", SIGSTORE_MAX_TOKENS + more);
		buffer_text(&tokens, "]}}," MESSAGE "}");
		buffer_text(&chain, "{\"mediaType\":"
				    "\"application/vnd.dev.sigstore.bundle+json;version=0.2\","
				    "\"verificationMaterial\":{\"x509CertificateChain\":{"
				    "\"certificates\":[");
		repeat(&chain, "{}", SIGSTORE_MAX_CERTS + more);
		buffer_text(&chain, "]},\"tlogEntries\":[" ENTRY "]}," MESSAGE "}");
		CHECK(bundle_status(&entries) == wanted, "%zu entries too many", more);
		CHECK(bundle_status(&tokens) == wanted, "%zu timestamps too many", more);
		CHECK(bundle_status(&chain) == wanted, "%zu certificates too many", more);
	}
}

#define SHA256_HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_B64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define PEM_B64    "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KQUE9PQotLS0tLUVORCBQVUJMSUMgS0VZLS0tLS0K"
#define SIGNATURE_2                                                                            \
	"{\"content\":\"AQI=\",\"verifier\":{\"publicKey\":{\"rawBytes\":\"AA==\"}}}"

/* clang-format off */
static const struct {
	const char *kind, *version, *spec;
	bool of_payload, unsupported, read;
} records[] = {
	{ "hashedrekord", "0.0.1", "{\"data\":{\"hash\":{\"algorithm\":\"sha256\",\"value\":\"" SHA256_HEX "\"}},"
	  "\"signature\":{\"content\":\"AQI=\",\"publicKey\":{\"content\":\"" PEM_B64 "\"}}}", false, false, true },
	{ "hashedrekord", "0.0.2", "{\"hashedRekordV002\":{\"data\":{\"algorithm\":\"SHA2_256\",\"digest\":\""
	  SHA256_B64 "\"},\"signature\":" SIGNATURE_2 "}}", false, false, true },
	{ "dsse", "0.0.1", "{\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"" SHA256_HEX "\"},"
	  "\"signatures\":[{\"signature\":\"AQI=\",\"verifier\":\"" PEM_B64 "\"}]}", true, false, true },
	{ "dsse", "0.0.2", "{\"dsseV002\":{\"payloadHash\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" SHA256_B64
	  "\"},\"signatures\":[" SIGNATURE_2 "]}}", true, false, true },
	{ "dsse", "0.0.2", "{\"dsseV002\":{\"payloadHash\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" SHA256_B64
	  "\"},\"signatures\":[" SIGNATURE_2 "," SIGNATURE_2 "]}}", true, false, false },
	{ "dsse", "0.0.2", "{\"dsseV002\":{\"payloadHash\":{\"algorithm\":\"SHA2_384\",\"digest\":\"" SHA256_B64
	  "\"},\"signatures\":[" SIGNATURE_2 "]}}", true, false, false },
	{ "intoto", "0.0.2", "{\"content\":{\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"" SHA256_HEX "\"},"
	  "\"envelope\":{\"signatures\":[{\"sig\":\"QVFJPQ==\",\"publicKey\":\"" PEM_B64 "\"}]}}}", true, false, true },
	{ "intoto", "0.0.1", "{\"content\":{},\"publicKey\":\"" PEM_B64 "\"}", false, true, false },
	{ "rekord", "0.0.1", "{}", false, true, false },
};
/* clang-format on */

/* What a log says, kind by kind. */
static void check_records(void)
{
	static const uint8_t signature[] = { 1, 2 }, verifier[] = { 0 };

	for (size_t i = 0; i < COUNT_OF(records); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
		CLEANUP(buffer_free) struct buffer body = BUFFER_INIT;
		struct sigstore_entry e = { .kind = SPAN_TEXT(records[i].kind),
					    .version = SPAN_TEXT(records[i].version) };
		struct sigstore_record r;
		const char *problem;
		bool unsupported;

		buffer_printf(&body, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"spec\":%s}",
			      records[i].version, records[i].kind, records[i].spec);
		e.body = buffer_span(&body);
		CHECK(sigstore_record_read(&a, &e, &r, &problem, &unsupported) == STATUS_OK &&
			      unsupported == records[i].unsupported &&
			      !problem == records[i].read,
		      "entry %s %s: %s", records[i].kind, records[i].version,
		      problem ? problem : "is read");
		if (!problem)
			CHECK(r.of_payload == records[i].of_payload &&
				      r.digest.algorithm == DIGEST_SHA256 &&
				      span_equal(r.signature, SPAN_OF(signature)) &&
				      span_equal(r.verifier, SPAN_OF(verifier)),
			      "what it says");
	}
}

/* The log's own line may stand behind those of witnesses; too many are a limit. */
static void check_notes(void)
{
	static const struct sigstore_log log = {
		.host = {NULL, 0}
	};
	static const size_t lines[] = { 0, SIGSTORE_MAX_NOTES, SIGSTORE_MAX_NOTES + 1 };

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
		CLEANUP(buffer_free) struct buffer note = BUFFER_INIT;
		struct sigstore_entry e = { .has_proof = true };
		const char *problem = NULL;
		enum status status;

		buffer_text(&note, "log\n1\n" ID "\n\n");
		for (size_t k = 0; k < lines[i]; k++)
			buffer_text(&note, "\xe2\x80\x94 witness AAAAAAAA\n");
		e.checkpoint = buffer_span(&note);
		status = sigstore_log_check(&a, &e, &log, &problem);
		CHECK(lines[i] > SIGSTORE_MAX_NOTES ? status == STATUS_LIMIT
						    : status == STATUS_OK && problem,
		      "%zu witnesses and no log", lines[i]);
	}
}

/* An authority, or a log, that is never valid is not there. */
static void check_roots(void)
{
	static const char begin[] =
		"{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\","
		"\"tlogs\":[{\"baseUrl\":\"https://log.example/\",\"logId\":{\"keyId\":\"" ID
		"\"},\"publicKey\":{\"rawBytes\":\"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqow"
		"trbLDFw4rXAxZuE=\",\"keyDetails\":\"PKIX_ED25519\",\"validFor\":{";
	static const struct {
		const char *valid;
		size_t n;
	} rows[] = {
		{"\"start\":\"2024-01-01T00:00:00Z\"",                                       1},
		{ "\"start\":\"2024-01-01T00:00:00Z\",\"end\":\"2024-02-01T00:00:00.999Z\"",
                 1									    },
		{ "\"end\":\"2024-02-01T00:00:00Z\"",                                        0},
		{ "\"start\":\"soon\"",						      0},
		{ "\"start\":\"2024-01-01T00:00:00Z\",\"end\":\"never\"",                    0},
		{ "\"start\":\"2024-01-01T00:00:00Z\",\"end\":7",                            0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		struct sigstore_root root = { 0 };

		buffer_printf(&text, "%s%s}}}]}", begin, rows[i].valid);
		CHECK(sigstore_root_read(&a, buffer_span(&text), &root) == STATUS_OK &&
			      root.logs.n == rows[i].n,
		      "%s: %zu logs", rows[i].valid, root.logs.n);
		if (root.logs.n)
			CHECK(root.logs.each[0].key.usable &&
				      span_equal(root.logs.each[0].host,
						 SPAN_LITERAL("log.example")),
			      "its key and its host");
	}
}

/* The root over @n leaves from @first on, and the proof of leaf @index (RFC
 * 9162, 2.1.1, 2.1.3). */
static void tree_hash(uint8_t first, size_t n, struct digest *out)
{
	uint8_t zero = 0, one = 1;
	struct digest left, right;
	size_t half = 1;

	if (n == 1) {
		const struct span parts[] = {
			{&zero,   1},
                        { &first, 1}
		};

		if (digest_of(DIGEST_SHA256, parts, 2, out) != STATUS_OK)
			abort();
		return;
	}
	while (half * 2 < n)
		half *= 2;
	tree_hash(first, half, &left);
	tree_hash((uint8_t)(first + half), n - half, &right);
	{
		const struct span parts[] = {
			{&one, 1},
                        digest_span(&left), digest_span(&right)
		};

		if (digest_of(DIGEST_SHA256, parts, 3, out) != STATUS_OK)
			abort();
	}
}

static void proof_make(size_t index, uint8_t first, size_t n, struct digest *hashes,
		       size_t *n_hashes)
{
	size_t half = 1;

	if (n == 1)
		return;
	while (half * 2 < n)
		half *= 2;
	if (index < half) {
		proof_make(index, first, half, hashes, n_hashes);
		tree_hash((uint8_t)(first + half), n - half, &hashes[(*n_hashes)++]);
	} else {
		proof_make(index - half, (uint8_t)(first + half), n - half, hashes, n_hashes);
		tree_hash(first, half, &hashes[(*n_hashes)++]);
	}
}

/* Says whether a proof for @claimed is taken when it is one of @index. */
static bool proof_holds(size_t index, size_t claimed, size_t size, size_t claimed_size)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer note = BUFFER_INIT;
	struct digest root, hashes[SIGSTORE_MAX_HASHES];
	struct sigstore_entry e = { .has_proof = true };
	uint8_t leaf = (uint8_t)index;
	const char *problem = "not checked";

	tree_hash(0, size, &root);
	proof_make(index, 0, size, hashes, &e.n_hashes);
	for (size_t i = 0; i < e.n_hashes; i++)
		e.hashes[i] = digest_span(&hashes[i]);
	e.body = (struct span){ &leaf, 1 };
	e.proof_index = claimed;
	e.tree_size = claimed_size;
	e.root_hash = digest_span(&root);
	buffer_printf(&note, "log\n%zu\n", claimed_size);
	base64_encode(&note, e.root_hash);
	buffer_text(&note, "\n\n");
	e.checkpoint = buffer_span(&note);
	if (sigstore_proof_check(&a, &e, &problem) != STATUS_OK)
		abort();
	return !problem;
}

static void check_trees(void)
{
	size_t n_lost = 0, n_false = 0, n = 0;

	for (size_t size = 1; size <= 17; size++)
		for (size_t index = 0; index < size; index++, n++) {
			n_lost += !proof_holds(index, index, size, size);
			for (size_t other = 0; other <= size; other++)
				n_false +=
					other != index && proof_holds(index, other, size, size);
		}
	CHECK(n_lost == 0, "of %zu proofs %zu are not taken", n, n_lost);
	CHECK(n_false == 0, "%zu proofs are taken for other entries", n_false);
	CHECK(!proof_holds(0, 0, 1, 0), "a tree of nothing");
	CHECK(!proof_holds(2, 2, 4, 9), "a tree of another size");
}

static void check_elements(void)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65536 };
	CLEANUP(buffer_free) struct buffer zeros = BUFFER_INIT;

	while (zeros.len < 65536)
		buffer_char(&zeros, 0);
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
		struct der d = { 0 };

		sigstore_der_add(&out, DER_OCTET_STRING,
				 span_clip(buffer_span(&zeros), 0, lengths[i]));
		CHECK(der_only(buffer_span(&out), DER_OCTET_STRING, &d, NULL) &&
			      d.value.len == lengths[i] && !d.non_minimal,
		      "an element of %zu octets", lengths[i]);
	}
}

/* Which files a statement speaks of. */
static void check_statements(void)
{
	static const struct {
		const char *text;
		unsigned digests;
		bool named;
	} rows[] = {
#define TYPE  "\"_type\":\"https://in-toto.io/Statement/v1\""
#define RIGHT "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OTHER "f3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		{"{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":\"" RIGHT "\"}}]}",     1, true },
		{ "{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":\"" OTHER "\"}}]}",    1,
												false									   },
		{ "{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":\"" OTHER
		  "\"}},{\"digest\":{\"sha256\":\"" RIGHT "\"}}]}",
												1,									 true },
		{ "{" TYPE ",\"subject\":[{\"digest\":{\"gitCommit\":\"" RIGHT "\"}}]}", 0,
												false									   },
		{ "{\"subject\":[{\"digest\":{\"sha256\":\"" RIGHT "\"}}]}",             0, false},
		{ "{" TYPE "}",							  0, false},
	};
	struct digest empty, first;
	const struct digest *file[SIGSTORE_DIGESTS] = { &empty, NULL, NULL };

	if (digest_of(DIGEST_SHA256, NULL, 0, &empty) != STATUS_OK)
		abort();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
		const struct json_value *v = NULL;
		const char *problem;
		unsigned digests;

		CHECK(json_read(&a, SPAN_TEXT(rows[i].text), &v) == STATUS_OK, "a statement");
		CHECK(sigstore_subjects_digests(v, &digests, &problem) == STATUS_OK,
		      "statement %zu is read", i);
		CHECK(digests == rows[i].digests && (digests == 0) == (problem != NULL) &&
			      (digests == 0 ||
			       sigstore_subjects_name(v, file, &first) == rows[i].named),
		      "statement %zu: %s", i, problem ? problem : "names files");
	}
}

int main(void)
{
	check_bundles();
	check_limits();
	check_records();
	check_notes();
	check_roots();
	check_trees();
	check_elements();
	check_statements();
	return CHECK_DONE();
}
