/* SPDX-License-Identifier: MIT */
/*
 * What assay permit check found, for those who read the Elastic Common Schema: an event
 * for each finding, and one that says whether anything is missing.
 */
#include "base/clock.h"
#include "base/time.h"
#include "cmd/permit_page.h"
#include "daemon/event_page.h"
#include "evidence/pieces.h"

#define SEVERITY_LEAST 1

static void head_write(struct json *j)
{
	struct time_text time;

	ecs_head_write(j, time_format(clock_wall_s(), &time) ? time.text : NULL, ASSAY_VERSION);
	json_object(j, "host");
	event_host_write(j, "name");
	json_end(j);
}

/* As OCSF counts: 1 worth knowing ... 4 high. */
static unsigned severity_of(enum assay_severity severity)
{
	switch (severity) {
	case ASSAY_SEVERITY_HIGH: return 4;
	case ASSAY_SEVERITY_MEDIUM: return 3;
	case ASSAY_SEVERITY_LOW: return 2;
	case ASSAY_SEVERITY_INFO:
	case ASSAY_SEVERITY_NONE: break;
	}
	return SEVERITY_LEAST;
}

static void event_write(struct json *j, const struct permit_finding *f)
{
	unsigned severity = severity_of(f->severity);

	json_object(j, "event");
	json_text(j, "kind", severity > SEVERITY_LEAST ? "alert" : "event");
	ecs_list_write(j, "category", "file");
	ecs_list_write(j, "type", "info");
	json_text(j, "module", "assay");
	json_text(j, "dataset", "assay.permit");
	json_text(j, "action", "checked");
	json_text(j, "code", f->row->id);
	json_u64(j, "severity", severity);
	json_end(j);
}

static void finding_write(struct buffer *out, const struct permit_finding *f)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	head_write(&j);
	event_write(&j, f);
	json_text(&j, "message", f->row->sentence);
	json_object(&j, "file");
	json_text(&j, "path", f->path);
	json_end(&j);
	json_object(&j, "assay");
	json_text(&j, "expected", f->expected);
	json_text(&j, "observed", f->observed);
	if (f->ctime > 0)
		json_time(&j, "changed", f->ctime);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

static void end_write(struct buffer *out, const struct permit_findings *list)
{
	struct json j = json_begin(out);
	bool complete = list->n_unknown == 0 && list->dropped == 0;

	json_object(&j, NULL);
	head_write(&j);
	json_object(&j, "event");
	json_text(&j, "kind", "event");
	ecs_list_write(&j, "category", "host");
	ecs_list_write(&j, "type", "end");
	json_text(&j, "module", "assay");
	json_text(&j, "dataset", "assay.permit-check");
	json_text(&j, "outcome", complete ? "success" : "failure");
	json_end(&j);
	json_object(&j, "assay");
	json_bool(&j, "complete", complete);
	json_u64(&j, "looked_at", list->n_looked);
	json_u64(&j, "findings", list->n);
	json_u64(&j, "not_shown", list->dropped);
	json_u64(&j, "unknown", list->n_unknown);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

void permit_findings_ecs(struct buffer *out, const struct permit_findings *list)
{
	for (const struct permit_finding *f = list->first; f; f = f->next)
		finding_write(out, f);
	end_write(out, list);
}
