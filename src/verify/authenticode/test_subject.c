/* SPDX-License-Identifier: MIT */
/* Which signature was made for which kind of file. */
#include "verify/authenticode/subject.h"

#include "formats/cab/cab.h"
#include "formats/cat/cat.h"
#include "formats/msi/msi.h"
#include "tests/check.h"

#define PE_DATA  OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define CAB_DATA OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")
#define LINK     OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1c")
#define SIP      OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define MSI_GUID OID_INIT("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
#define PS_GUID  OID_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51")
#define NO_GUID  OID_INIT("0123456789abcdef")
#define NOTHING                                                                                \
	{                                                                                      \
		NULL, 0                                                                        \
	}

/* clang-format off */
static const struct {
	const char *name;
	const struct format *format;
	struct span type, guid;
	bool fits;
	const char *made_for;
} rows[] = {
	{ "a program's", &format_pe, PE_DATA, NOTHING, true, NULL },
	{ "a program's on a package", &format_msi, PE_DATA, NOTHING, false, "a program" },
	{ "a program's on a cabinet", &format_cab, PE_DATA, NOTHING, false, "a program" },
	{ "a package's", &format_msi, SIP, MSI_GUID, true, NULL },
	{ "a package's on a program", &format_pe, SIP, MSI_GUID, false, "an MSI package" },
	{ "a package's on a cabinet", &format_cab, SIP, MSI_GUID, false, "an MSI package" },
	{ "a script's on a package", &format_msi, SIP, PS_GUID, false, "a PowerShell script" },
	{ "a cabinet's", &format_cab, CAB_DATA, NOTHING, true, NULL },
	{ "a cabinet's on a program", &format_pe, CAB_DATA, NOTHING, false, "a cabinet" },
	{ "an unknown package's", &format_pe, SIP, NO_GUID, false, "a file of another kind" },
	{ "half a GUID", &format_pe, SIP, OID_INIT("01234567"), false, NULL },
	{ "another link", &format_pe, LINK, NOTHING, false, NULL },
};
/* clang-format on */

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct container box = { .format = rows[i].format };
		struct spc_indirect_data spc = { .type = rows[i].type, .sip = rows[i].guid };
		const char *made_for = auth_made_for(&box, &spc);

		CHECK(auth_subject_fits(&box, &spc) == rows[i].fits, "fits: %s", rows[i].name);
		CHECK(rows[i].made_for ? made_for && strcmp(made_for, rows[i].made_for) == 0
				       : !made_for,
		      "made for: %s: %s", rows[i].name, made_for ? made_for : "this");
		CHECK(strcmp(auth_subject_of(&box)->format, rows[i].format->name) == 0,
		      "subject: %s", rows[i].name);
	}
	return CHECK_DONE();
}
