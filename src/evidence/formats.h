/* SPDX-License-Identifier: MIT */
/* Formats: the functions behind the rows of exports.c, one file each.  Private to src/evidence.
 */
#pragma once
#include "evidence/exports.h"

void ocsf_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path);
void ocsf_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);

void ecs_report(struct exporting *e, struct buffer *out, const struct report *r,
		const char *path);
void ecs_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);

void csv_begin(struct exporting *e, struct buffer *out);
void csv_report(struct exporting *e, struct buffer *out, const struct report *r,
		const char *path);

void vt_report(struct exporting *e, struct buffer *out, const struct report *r,
	       const char *path);
void vt_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);

void sarif_begin(struct exporting *e, struct buffer *out);
void sarif_report(struct exporting *e, struct buffer *out, const struct report *r,
		  const char *path);
void sarif_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);

void stix_begin(struct exporting *e, struct buffer *out);
void stix_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path);
void stix_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);

void navigator_report(struct exporting *e, struct buffer *out, const struct report *r,
		      const char *path);
void navigator_end(struct exporting *e, struct buffer *out, const struct summary *s,
		   int exit_code);

void html_begin(struct exporting *e, struct buffer *out);
void html_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path);
void html_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code);
