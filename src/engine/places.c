/* SPDX-License-Identifier: MIT */
#include "engine/places.h"

#include "base/limits.h"
#include "source/paths.h"
#include <unistd.h>

#define DATABASE        "trust.db"
#define VENDOR_DATABASE ASSAY_VENDOR_DIR "/" DATABASE
#define SYSTEM_DATABASE "/var/lib/assay/" DATABASE
#define DONORS          "donors"
#define VENDOR_DONORS   ASSAY_VENDOR_DIR "/" DONORS
#define SYSTEM_DONORS   "/var/lib/assay/" DONORS
#define CATALOGS        "catalogs.index"
#define VENDOR_CATALOGS ASSAY_VENDOR_DIR "/" CATALOGS
#define SYSTEM_CATALOGS "/var/lib/assay/" CATALOGS
#define PACKAGES        "packages.index"
#define SYSTEM_PACKAGES "/var/lib/assay/" PACKAGES
#define BASELINE        "files.baseline"
#define SYSTEM_BASELINE "/var/lib/assay/" BASELINE
#define JOURNAL         "journal"
#define SYSTEM_JOURNAL  "/var/lib/assay/" JOURNAL

static const char *beside_this_program(struct arena *a)
{
	char program[PATH_MAX_BYTES];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program));
	const char *folder;

	if (n <= 0 || (size_t)n == sizeof(program))
		return NULL;
	program[n] = '\0';
	folder = path_folder(a, program);
	return folder ? arena_printf(a, "%s/" DATABASE, folder) : NULL;
}

const char *places_own_database(struct arena *a, bool system)
{
	if (system)
		return SYSTEM_DATABASE;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", DATABASE);
}

size_t places_databases(struct arena *a, bool beside_program,
			const char *out[PLACES_MAX_DATABASES])
{
	const char *const places[PLACES_MAX_DATABASES] = {
		beside_program ? beside_this_program(a) : NULL,
		VENDOR_DATABASE,
		SYSTEM_DATABASE,
		places_own_database(a, false),
	};
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (places[i])
			out[n++] = places[i];
	return n;
}

const char *places_own_donors(struct arena *a, bool system)
{
	if (system)
		return SYSTEM_DONORS;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", DONORS);
}

size_t places_donors(struct arena *a, const char *out[PLACES_MAX_DONORS])
{
	const char *own = places_own_donors(a, false);
	size_t n = 0;

	out[n++] = VENDOR_DONORS;
	out[n++] = SYSTEM_DONORS;
	if (own)
		out[n++] = own;
	return n;
}

const char *places_own_catalogs(struct arena *a, bool system)
{
	if (system)
		return SYSTEM_CATALOGS;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", CATALOGS);
}

size_t places_catalogs(struct arena *a, const char *out[PLACES_MAX_CATALOGS])
{
	const char *own = places_own_catalogs(a, false);
	size_t n = 0;

	out[n++] = VENDOR_CATALOGS;
	out[n++] = SYSTEM_CATALOGS;
	if (own)
		out[n++] = own;
	return n;
}

const char *places_own_packages(struct arena *a, bool system)
{
	if (system)
		return SYSTEM_PACKAGES;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", PACKAGES);
}

const char *places_packages(struct arena *a)
{
	const char *own = places_own_packages(a, false);

	return own && access(own, F_OK) == 0 ? own : SYSTEM_PACKAGES;
}

const char *places_journal(struct arena *a)
{
	if (geteuid() == 0)
		return SYSTEM_JOURNAL;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", JOURNAL);
}

const char *places_baseline(struct arena *a)
{
	if (geteuid() == 0)
		return SYSTEM_BASELINE;
	return path_of_user(a, "XDG_DATA_HOME", ".local/share", BASELINE);
}
