/* SPDX-License-Identifier: MIT */
/* Parts of the objects that assay fim prints. */
#pragma once
#include "base/json.h"
#include "cmd/fim.h"

/* "file", "folder", "link" ... */
const char *fim_kind_word(uint32_t mode);
/* NULL: a file of no known format has none. */
const char *fim_verdict_word(const struct baseline_record *r);

/* @key_b64 besides, if it is no UTF-8. */
void fim_path_json(struct json *j, const char *key, const char *key_b64, struct span path);
/* No bytes: null. */
void fim_hex_json(struct json *j, const char *key, struct span bytes);
/* The ids in @ids that @others have not. */
void fim_findings_json(struct json *j, const char *key, struct span ids, struct span others);
/* A record with an empty path: null. */
void fim_record_json(struct json *j, const char *key, const struct baseline_record *r,
		     const struct fim_paper *paper);
