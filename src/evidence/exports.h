/* SPDX-License-Identifier: MIT */
/*
 * Exports: every way in which a run is printed, one row each.
 *
 * What holds for all of them: whatever a consumer tests to believe a signature
 * ("trusted", "Signed", state 1) says no, explicitly, unless the file is valid;
 * a name that was not verified stands below "claimed" and nowhere else, unless
 * .claimed_names puts it into the field of the standard too, beside that no.
 */
#pragma once
#include "base/json.h"
#include "evidence/evidence.h"

/* In the order of the rows. */
enum export_id {
	EXPORT_TEXT,
	EXPORT_JSON,
	EXPORT_OCSF,
	EXPORT_ECS,
	EXPORT_SARIF,
	EXPORT_STIX,
	EXPORT_CSV,
	EXPORT_VT,
	EXPORT_NAVIGATOR,
	EXPORT_HTML,
	EXPORT_COUNT,
};

struct export;

struct stix_seen;

/* One run in one format. */
struct exporting {
	const struct export *format;
	const struct style *style; /* for people */
	int64_t now;               /* of the clock by which files are judged */
	const char *engine;        /* its version */
	bool claimed_names;        /* in the fields of the standard too */
	bool with_summary;         /* people want a last line */
	bool interrupted;          /* somebody stopped the run */

	/* Of documents that are not finished.  All zero at the beginning. */
	struct json json;       /* into the output */
	struct buffer aside[2]; /* lists that come behind another */
	struct json lists[2];   /* into .aside */
	size_t n_parts, n_results, n_artifacts, n_notifications;
	struct stix_seen *seen; /* objects that stand there already */
	uint8_t chain[16];      /* over the ids of all of them */
	bool listing;           /* html: a table of files is open */
	unsigned words;         /* html: a bit for each word that has an article */
};

/* Usable as CLEANUP(exporting_free). */
void exporting_free(struct exporting *e);

struct export
{
	const char *name; /* as --format says it */
	const char *title;
	bool bare; /* for people: speaks of no SHA-256 unless asked, and needs no last line */
	/* NULL: nothing stands before the first report. */
	void (*begin)(struct exporting * e, struct buffer * out);
	void (*report)(struct exporting * e, struct buffer * out, const struct report *r,
		       const char *path);
	/* NULL: nothing stands behind the last. */
	void (*end)(struct exporting * e, struct buffer * out, const struct summary *s,
		    int exit_code);
};

extern const struct export exports[EXPORT_COUNT];
/* Their names. */
#define EXPORTS_WORDS "text|json|ocsf|ecs|sarif|stix|csv|vt|navigator|html"
