/* SPDX-License-Identifier: MIT */
/* Lists of features (base/feature.h) as JSON and as lines for people. */
#pragma once
#include "base/feature.h"
#include "base/json.h"

/*
 * A member "features" of the object that is open: {"v":1,...}, with objects
 * and arrays as the keys say.  Absent is null, what was not computed
 * {"not_computed":"limit"}; thousandths are strings, "7.123", so that equal
 * files give equal bytes.  The list comes in a fixed order; features of one
 * object must follow each other.
 */
void features_json(struct json *j, const struct feature *list, size_t n);

/* One line for each, behind @indent: key, value, where it stands. */
void features_text(struct buffer *out, const struct feature *list, size_t n,
		   const char *indent);

/* One value alone, as features_text() shows it. */
void feature_text(struct buffer *out, const struct feature *f);
