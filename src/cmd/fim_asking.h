/* SPDX-License-Identifier: MIT */
/* What is asked about packages; between fim_upgrades.c and fim_generated.c. */
#pragma once
#include "cmd/fim_upgrades.h"
#include "countermeasures/file_integrity_monitoring/generated.h"
#include "countermeasures/local_file_permissions/facts.h"
#include "crypto/lanes.h"
#include "store/dpkg_status.h"

struct fim_asking {
	struct arena *arena;
	struct fim_look *look;
	const char *folder; /* of dpkg's data */
	int64_t since;      /* when the baseline was written */
	struct fim_dpkg_times times;
	bool has_times;
	struct dpkg_status before, now;
	const char *
		*paths; /* of each change the file whose content counts, "" when none does */
	struct permit_owner *owners;
	struct fim_upgrades *out;
	struct lanes *lanes;
};

/* When the inode at that place of dpkg's folder last changed, which nobody can set; 0: never.
 */
int64_t fim_dpkg_changed(const struct fim_asking *q, const char *place);
/* The number of the line about the package @key, from 1 on; 0: nothing became of it. */
size_t fim_upgrade_of(struct fim_asking *q, const char *key);
/* The number of the line about what @package makes anew, whose name alone counts. */
size_t fim_generated_line(struct fim_asking *q, const struct dpkg_package *package);

/* The file at @path; -1: it is not there, or (@r NULL: nothing was) not as it was told. */
int fim_told_open(const char *path, const struct baseline_record *r);
/* Is what stands at @path, which was told as @r, what the package says? */
bool fim_content_is(struct fim_asking *q, const char *path, const struct baseline_record *r,
		    const uint8_t md5[16]);

/* The line that explains the change @i, about a file that is made anew; 0: none does. */
size_t fim_generated_explain(struct fim_asking *q, size_t i);
