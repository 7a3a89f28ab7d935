/* SPDX-License-Identifier: MIT */
/*
 * What kind of file a signature was made for, as its signed content says.
 *
 * SpcPeImageData for programs, SpcCabData for cabinets, SpcSipInfo with the
 * GUID of the subject interface package (wintrust.h, mssip.h) for all else.
 */
#include "mimicry/state.h"

#include "verify/authenticode/spc.h"

#define SPC_CAB_DATA OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")

/* C689AAB8-8E78-11D0-8C47-00C04FC295EE, as it stands in a file. */
#define SIP_PROGRAM OID("\xb8\xaa\x89\xc6\x78\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee")

/* clang-format off */
static const struct {
	struct span guid;
	const char *name;
} packages[] = {
	{ OID_INIT("\xf1\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"),
	  "an MSI package" },
	{ OID_INIT("\x10\xe0\xc9\x06\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  "a JScript file" },
	{ OID_INIT("\x4b\xdf\xc5\x0a\x07\xce\xe2\x4d\xb7\x6e\x23\xc8\x39\xa0\x9f\xd1"),
	  "an APPX package" },
	{ OID_INIT("\xb3\x58\x5f\x0f\xde\xaa\x9a\x4b\xa4\x34\x95\x74\x2d\x92\xec\xeb"),
	  "an APPX bundle" },
	{ OID_INIT("\x4e\xf0\x29\x16\x99\x27\xb5\x4d\x8f\xe5\xac\xe1\x0f\x17\xeb\xab"),
	  "a VBScript file" },
	{ OID_INIT("\x70\x05\x61\x1a\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  "a Windows Script file" },
	{ OID_INIT("\xf1\xcf\x98\x55\xdb\x68\x40\x43\xb5\x7f\x1c\xac\xf8\x8c\x9a\x51"),
	  "an APPX signature" },
	{ OID_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
	  "a PowerShell script" },
	{ OID_INIT("\x42\x1a\x35\xde\x59\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  "a file of no kind" },
	{ OID_INIT("\x43\x1a\x35\xde\x59\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  "a catalogue" },
	{ OID_INIT("\xba\xaa\x89\xc6\x78\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  "a cabinet" },
};
/* clang-format on */

static const char *package_name(struct span guid)
{
	for (size_t i = 0; i < COUNT_OF(packages); i++)
		if (span_equal(guid, packages[i].guid))
			return packages[i].name;
	return "a file of another kind";
}

const char *other_container(const struct fact *f)
{
	if (span_equal(f->data_type, SPC_CAB_DATA))
		return "a cabinet";
	if (!span_equal(f->data_type, SPC_SIP_INFO) || f->sip.len != SIP_PROGRAM.len ||
	    span_equal(f->sip, SIP_PROGRAM))
		return NULL;
	return package_name(f->sip);
}
