/* SPDX-License-Identifier: MIT */
/*
 * What kind of file a signature was made for, as its signed content says.
 *
 * SpcPeImageData for programs, SpcCabData for cabinets, SpcSipInfo with the
 * GUID of the subject interface package (wintrust.h, mssip.h) for all else.
 */
#include "verify/authenticode/subject.h"

#include "formats/script/script.h"

#define SPC_CAB_DATA OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")
#define PE_DATA      OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define SIP_INFO     OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define GUID_BYTES   16
#define NOT_GIVEN                                                                              \
	{                                                                                      \
		NULL, 0                                                                        \
	}

/* clang-format off */
static const struct auth_subject subjects[] = {
	{ "pe", "a program", PE_DATA, NOT_GIVEN, NOT_GIVEN, NULL, auth_pe_plan, auth_pe_judge, auth_pe_conclude },
	{ "pe", "a program", SIP_INFO,
	  OID_INIT("\xb8\xaa\x89\xc6\x78\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  NOT_GIVEN, NULL, NULL, NULL, NULL },
	{ "cab", "a cabinet", SPC_CAB_DATA, NOT_GIVEN, NOT_GIVEN, NULL, auth_cab_plan, auth_cab_judge, NULL },
	{ "cab", "a cabinet", SIP_INFO,
	  OID_INIT("\xba\xaa\x89\xc6\x78\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  NOT_GIVEN, NULL, NULL, NULL, NULL },
	{ "msi", "an MSI package", SIP_INFO,
	  OID_INIT("\xf1\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"),
	  NOT_GIVEN, NULL, auth_msi_plan, auth_msi_judge, auth_msi_conclude },
	{ "script", "a JScript file", SIP_INFO,
	  OID_INIT("\x10\xe0\xc9\x06\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  NOT_GIVEN, NULL, auth_script_plan, auth_script_judge, NULL },
	{ "script", "a VBScript file", SIP_INFO,
	  OID_INIT("\x4e\xf0\x29\x16\x99\x27\xb5\x4d\x8f\xe5\xac\xe1\x0f\x17\xeb\xab"),
	  NOT_GIVEN, NULL, auth_script_plan, auth_script_judge, NULL },
	{ "script", "a Windows Script file", SIP_INFO,
	  OID_INIT("\x70\x05\x61\x1a\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  NOT_GIVEN, NULL, auth_script_plan, auth_script_judge, NULL },
	{ "script", "a PowerShell script", SIP_INFO,
	  OID_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
	  NOT_GIVEN, NULL, auth_script_plan, auth_script_judge, NULL },
	{ "appx", "an APPX package", SIP_INFO,
	  OID_INIT("\x4b\xdf\xc5\x0a\x07\xce\xe2\x4d\xb7\x6e\x23\xc8\x39\xa0\x9f\xd1"),
	  NOT_GIVEN, auth_appx_read, auth_appx_plan, auth_appx_judge, NULL },
	{ "appx", "an APPX bundle", SIP_INFO,
	  OID_INIT("\xb3\x58\x5f\x0f\xde\xaa\x9a\x4b\xa4\x34\x95\x74\x2d\x92\xec\xeb"),
	  NOT_GIVEN, auth_appx_read, auth_appx_plan, auth_appx_judge, NULL },
	{ "appx", "an APPX signature", SIP_INFO,
	  OID_INIT("\xf1\xcf\x98\x55\xdb\x68\x40\x43\xb5\x7f\x1c\xac\xf8\x8c\x9a\x51"),
	  NOT_GIVEN, NULL, NULL, NULL, NULL },
	{ NULL, "a file of no kind", SIP_INFO,
	  OID_INIT("\x42\x1a\x35\xde\x59\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  NOT_GIVEN, NULL, NULL, NULL, NULL },
	{ "cat", "a catalog", NOT_GIVEN, NOT_GIVEN,
	  OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01"), NULL, NULL, NULL, NULL },
	{ "cat", "a catalog", SIP_INFO,
	  OID_INIT("\x43\x1a\x35\xde\x59\x8e\xd0\x11\x8c\x47\x00\xc0\x4f\xc2\x95\xee"),
	  NOT_GIVEN, NULL, NULL, NULL, NULL },
};
/* clang-format on */

/* Scripts are of several kinds, each with a GUID of its own. */
static bool same_format(const struct auth_subject *s, const struct container *box)
{
	return s->format && box->format && strcmp(s->format, box->format->name) == 0 &&
	       (!box->script || span_equal(s->guid, box->script->sip));
}

static const struct auth_subject *kind_of(const struct spc_indirect_data *spc)
{
	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (span_equal(spc->type, subjects[i].type) &&
		    span_equal(spc->sip, subjects[i].guid))
			return &subjects[i];
	return NULL;
}

const struct auth_subject *auth_subject_of(const struct container *box)
{
	static const struct auth_subject other = { .what = "a file" };

	for (size_t i = 0; i < COUNT_OF(subjects); i++)
		if (same_format(&subjects[i], box))
			return &subjects[i];
	return &other;
}

bool auth_subject_fits(const struct container *box, const struct spc_indirect_data *spc)
{
	const struct auth_subject *kind = kind_of(spc);

	return kind && same_format(kind, box);
}

const char *auth_made_for(const struct container *box, const struct spc_indirect_data *spc)
{
	const struct auth_subject *kind = kind_of(spc);

	if (kind)
		return same_format(kind, box) ? NULL : kind->what;
	if (span_equal(spc->type, SPC_SIP_INFO) && spc->sip.len == GUID_BYTES)
		return "a file of another kind";
	return NULL;
}
