/* SPDX-License-Identifier: MIT */
/*
 * Prints every sample report, with calm and with hostile names, as JSON lines:
 * "calm" or "hostile" or "rules" or "summary".  tests/json-contract reads them.
 */
#include "evidence/sample.h"
#include <stdio.h>

/* What a file might call itself, or be called. */
static const char *const hostile[] = {
	"Microsoft Corporation\n<script>alert(1)</script>",
	"\x1b]0;title\x07\x1b[2J",
	"\xe2\x80\xaegpj.exe\xe2\x81\xa6",
	"\xff\xc0\x80\xed\xa0\x80\xf5\xfe",
	"=cmd|' /C calc'!A0",
	"\",\"verdict\":\"valid\",\"x\":\"",
	"\\\",\\u0000\\",
	"\xe2\x80\xa8\xc2\x85\xef\xbb\xbf",
};

static void name_everything(struct sample *s, const char *name)
{
	s->signatures[0].claimed_signer = name;
	s->signatures[1].claimed_signer = name;
	s->signatures[0].program_name = name;
	s->signatures[0].more_info = name;
	s->signatures[1].trust_reason = name;
	if (s->signatures[0].signer)
		s->signatures[0].signer = name;
	s->chain[0].subject = name;
	s->chain[1].issuer = name;
	s->timestamps[0].signer = name;
	s->findings[0].observed = name;
	s->errors[0] = name;
}

static void print_reports(struct buffer *out, const char *name)
{
	for (int v = ASSAY_VERDICT_UNKNOWN; v <= ASSAY_VERDICT_ERROR; v++) {
		struct sample s;

		sample_make(&s, (enum assay_verdict)v);
		if (name)
			name_everything(&s, name);
		json_report(out, &s.report, name ? name : "a.exe");
		buffer_char(out, '\n');
	}
}

static void print_hostile(struct buffer *out)
{
	char long_name[65537];

	memset(long_name, 'A', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		print_reports(out, hostile[i]);
	print_reports(out, long_name);
}

static void print_summary(struct buffer *out)
{
	struct summary s = {
		.n_files = 4, .n_violations = 3, .n_bytes = UINT64_MAX, .complete = true
	};

	json_summary(out, &s);
	buffer_char(out, '\n');
}

int main(int argc, char **argv)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *what = argc == 2 ? argv[1] : "";

	if (strcmp(what, "calm") == 0)
		print_reports(&out, NULL);
	if (strcmp(what, "hostile") == 0)
		print_hostile(&out);
	if (strcmp(what, "rules") == 0)
		rules_list(&out, true);
	if (strcmp(what, "summary") == 0)
		print_summary(&out);
	(void)fwrite(out.bytes, 1, out.len, stdout);
	return out.len && buffer_status(&out) == STATUS_OK ? 0 : 1;
}
