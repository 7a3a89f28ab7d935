/* SPDX-License-Identifier: MIT */
#include "evidence/exports.h"

#include "base/memory.h"
#include "evidence/formats.h"

static void text_one(struct exporting *e, struct buffer *out, const struct report *r,
		     const char *path)
{
	text_report(out, r, path, e->style);
}

static void text_end(struct exporting *e, struct buffer *out, const struct summary *s,
		     int exit_code)
{
	if (e->with_summary)
		text_summary(out, s, exit_code);
}

static void json_one(struct exporting *e, struct buffer *out, const struct report *r,
		     const char *path)
{
	(void)e;
	json_report(out, r, path);
	buffer_char(out, '\n');
}

static void json_last(struct exporting *e, struct buffer *out, const struct summary *s,
		      int exit_code)
{
	(void)e;
	(void)exit_code;
	json_summary(out, s);
	buffer_char(out, '\n');
}

void exporting_free(struct exporting *e)
{
	for (size_t i = 0; i < COUNT_OF(e->aside); i++)
		buffer_free(&e->aside[i]);
	memory_free(e->seen);
	e->seen = NULL;
}

const struct export exports[EXPORT_COUNT] = {
  /* clang-format off */
	[EXPORT_TEXT] = { "text", "for people", true, NULL, text_one, text_end },
	[EXPORT_JSON] = { "json", "an object a line, schema assay.report/1", false, NULL, json_one,
			  json_last },
	[EXPORT_OCSF] = { "ocsf", "OCSF 1.9.0, an event a line", false, NULL, ocsf_report,
			  ocsf_end },
	[EXPORT_ECS] = { "ecs", "Elastic Common Schema, an event a line", false, NULL, ecs_report,
			 ecs_end },
	[EXPORT_SARIF] = { "sarif", "SARIF 2.1.0, one document", false, sarif_begin, sarif_report,
			   sarif_end },
	[EXPORT_STIX] = { "stix", "STIX 2.1, one bundle", false, stix_begin, stix_report,
			  stix_end },
	[EXPORT_CSV] = { "csv", "RFC 4180, a file a line", false, csv_begin, csv_report, NULL },
	[EXPORT_VT] = { "vt", "signature_info as VirusTotal names it, an object a line", false,
			NULL, vt_report, vt_end },
	[EXPORT_NAVIGATOR] = { "navigator", "a layer of the ATT&CK Navigator, one document", false,
			       NULL, navigator_report, navigator_end },
	[EXPORT_HTML] = { "html", "one page with pictures, for a browser", false, html_begin,
			  html_report, html_end },
  /* clang-format on */
};
