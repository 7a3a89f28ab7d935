/* SPDX-License-Identifier: MIT */
/* Kernel modules, Debian and RPM packages, AppImages. */
#include "tests/elf_builder.h"
#include "tests/forge/craft.h"
#include "tests/forge/macho.h"
#include "tests/forge/packages.h"
#include "tests/forge/signing.h"
#include <stdio.h>

#define MARKER       SPAN_LITERAL("~Module signature appended~\n")
#define MARKER_BYTES 28
#define TRAILER      12
#define SECTIONS     6
#define SECTION      512
#define LINES        20

/* Kernel modules: code and data in sections, the message behind them. */
static void module_by(struct craft_shop *shop, const char *signer, unsigned number,
		      struct craft_file *out)
{
	static const char *const names[SECTIONS] = { ".text",   ".init.text", ".exit.text",
						     ".rodata", ".data",      "__ksymtab" };
	CLEANUP(buffer_free) struct buffer noise = BUFFER_INIT, info = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer message = BUFFER_INIT;
	struct elf_plan plan = { 0 };

	forge_noise(&noise, (size_t)SECTION * SECTIONS, number + 77);
	for (size_t i = 0; i < SECTIONS; i++)
		plan.sections[i] = (struct elf_section_plan){ names[i], 1, i < 3 ? 6 : 2,
							      span_clip(buffer_span(&noise),
									i * SECTION, SECTION) };
	buffer_printf(&info, "name=m%u%cvermagic=6.1.0-test SMP%c", number, 0, 0);
	plan.sections[SECTIONS] =
		(struct elf_section_plan){ ".modinfo", 1, 2, buffer_span(&info) };
	build_elf(&out->file, &plan);
	forge_detached_write(shop->forge, signer, buffer_span(&out->file), false, &message);
	build_module_trailer(&out->file, buffer_span(&message));
}

static void module_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	module_by(shop, "good", number, out);
}

static void module_ecdsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	module_by(shop, "p256", number, out);
}

/* Where the message begins; the file's length: nowhere. */
static size_t message_at(const struct buffer *file)
{
	size_t end =
		file->len < MARKER_BYTES + TRAILER ? 0 : file->len - MARKER_BYTES - TRAILER;
	uint64_t len = forge_get_be(file, end + 8, 4);

	if (end == 0 || !span_equal(span_after(buffer_span(file), end + TRAILER), MARKER) ||
	    len > end)
		return file->len;
	return end - (size_t)len;
}

/* Between header and table of sections: code, and data. */
static struct range module_content(const struct buffer *file)
{
	uint64_t table = forge_get(file, 40, 8), end = message_at(file);

	return (struct range){ 64, table > 64 && table < end ? table - 64 : 0 };
}

static CRAFT_MAKE(module_stolen)
{
	size_t host = message_at(&cell->host->file), donor = message_at(&cell->donor->file);

	buffer_add(&out->file, span_clip(buffer_span(&cell->host->file), 0, host));
	buffer_add(&out->file, span_after(buffer_span(&cell->donor->file), donor));
	return NULL;
}

static CRAFT_MAKE(module_appended)
{
	size_t at = message_at(&cell->donor->file);

	buffer_add(&out->file, span_clip(buffer_span(&cell->donor->file), 0, at));
	forge_noise(&out->file, 64 + (size_t)cell->seed, cell->seed);
	buffer_add(&out->file, span_after(buffer_span(&cell->donor->file), at));
	return NULL;
}

/* The kernel sees no signature any more. */
static CRAFT_MAKE(module_marker)
{
	craft_copy(out, cell->donor);
	buffer_cut(&out->file, out->file.len - MARKER_BYTES);
	return NULL;
}

static CRAFT_MAKE(module_bare)
{
	craft_copy(out, cell->donor);
	buffer_cut(&out->file, message_at(&cell->donor->file));
	return NULL;
}

static const struct craft_trick module_tricks[] = {
	{"stolen",          CRAFT_STOLEN,   craft_module_stolen,   "mismatched", "grafted" },
	{ "byte-changed",   CRAFT_ALTERED,  craft_flip,            "mismatched", "tampered"},
	{ "code-appended",  CRAFT_ALTERED,  craft_module_appended, "tampered",   NULL      },
	{ "bytes-behind",   CRAFT_STRIPPED, craft_behind,          "stripped",   NULL      },
	{ "marker-gone",    CRAFT_STRIPPED, craft_module_marker,   "stripped",   NULL      },
	{ "signature-gone", CRAFT_STRIPPED, craft_module_bare,     "unsigned",   NULL      },
};

/* Whose signature does not say for what it was made: the index must know it. */
static const struct craft_trick module_ecdsa_tricks[] = {
	{"stolen",          CRAFT_STOLEN,   craft_module_stolen,   "broken",   "grafted" },
	{ "byte-changed",   CRAFT_ALTERED,  craft_flip,            "broken",   "tampered"},
	{ "code-appended",  CRAFT_ALTERED,  craft_module_appended, "broken",   "tampered"},
	{ "marker-gone",    CRAFT_STRIPPED, craft_module_marker,   "stripped", NULL      },
	{ "signature-gone", CRAFT_STRIPPED, craft_module_bare,     "unsigned", NULL      },
};

/* Members of ar archives: a name of 16, a size at 48, a head of 60. */
#define AR_HEAD 60
static struct span ar_member(const struct buffer *file, const char *name, size_t *end)
{
	struct span all = buffer_span(file);

	for (size_t at = 8; at + AR_HEAD <= file->len;) {
		size_t len = 0;

		for (size_t i = 48; span_at(all, at + i) >= '0' && span_at(all, at + i) <= '9';
		     i++)
			len = len * 10 + span_at(all, at + i) - '0';
		*end = at + AR_HEAD + len + len % 2;
		if (span_starts(span_after(all, at), name, strlen(name)))
			return span_clip(all, at, *end - at);
		at = *end;
	}
	return SPAN_NONE;
}

static void deb_by(struct craft_shop *shop, enum craft_signer who, unsigned number,
		   struct craft_file *out)
{
	CLEANUP(buffer_free)
	struct buffer text = BUFFER_INIT, over = BUFFER_INIT, signature = BUFFER_INIT;
	const char *data;

	craft_text(&text, number, LINES);
	data = buffer_string(&text, 0);
	forge_deb(&out->file, data);
	forge_deb_signed(&over, data);
	pgp_sign(&signature,
		 &(struct pgp_order){ .by = &shop->pgp[who], .data = { buffer_span(&over) } });
	forge_ar_member(&out->file, "_gpgorigin", buffer_span(&signature));
}

static void deb_rsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	deb_by(shop, CRAFT_RSA, number, out);
}

static void deb_eddsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	deb_by(shop, CRAFT_EDDSA, number, out);
}

static struct range deb_content(const struct buffer *file)
{
	size_t end = 0;
	struct span data = ar_member(file, "data.tar", &end);

	if (data.len <= AR_HEAD + 1)
		return (struct range){ 0, 0 };
	return (struct range){ end - data.len + AR_HEAD, data.len - AR_HEAD - 1 };
}

static CRAFT_MAKE(deb_stolen)
{
	size_t at = 0, from = 0;
	struct span ours = ar_member(&cell->host->file, "_gpgorigin", &at),
		    theirs = ar_member(&cell->donor->file, "_gpgorigin", &from);

	if (theirs.len == 0)
		return "no signature in it";
	buffer_add(&out->file, span_clip(buffer_span(&cell->host->file), 0,
					 ours.len ? at - ours.len : cell->host->file.len));
	buffer_add(&out->file, theirs);
	return NULL;
}

static CRAFT_MAKE(deb_member)
{
	craft_copy(out, cell->donor);
	forge_ar_member(&out->file, "_extra", SPAN_LITERAL("nobody signed this"));
	return NULL;
}

static CRAFT_MAKE(deb_bare)
{
	size_t at = 0;
	struct span signature = ar_member(&cell->donor->file, "_gpgorigin", &at);

	craft_copy(out, cell->donor);
	buffer_cut(&out->file, at - signature.len);
	return NULL;
}

static const struct craft_trick deb_rsa_tricks[] = {
	{"stolen",          CRAFT_STOLEN,   craft_deb_stolen, "mismatched", NULL},
	{ "byte-changed",   CRAFT_ALTERED,  craft_flip,       "mismatched", NULL},
	{ "member-added",   CRAFT_ADDED,    craft_deb_member, "partial",    NULL},
	{ "signature-gone", CRAFT_STRIPPED, craft_deb_bare,   "unsigned",   NULL},
};
static const struct craft_trick deb_eddsa_tricks[] = {
	{"stolen",          CRAFT_STOLEN,   craft_deb_stolen, "broken",   "mismatched"},
	{ "byte-changed",   CRAFT_ALTERED,  craft_flip,       "broken",   "mismatched"},
	{ "member-added",   CRAFT_ADDED,    craft_deb_member, "partial",  NULL        },
	{ "signature-gone", CRAFT_STRIPPED, craft_deb_bare,   "unsigned", NULL        },
};

/* RPM packages: a lead, a header with the signature, the header that it signs, the payload. */
#define RPM_LEAD 96
static void rpm_by(struct craft_shop *shop, enum craft_signer who, unsigned number, bool bare,
		   struct craft_file *out)
{
	CLEANUP(buffer_free)
	struct buffer text = BUFFER_INIT, over = BUFFER_INIT, signature = BUFFER_INIT,
		      digest = BUFFER_INIT;
	struct forge_rpm order = { 0 };
	struct forge_digest d;
	struct span payload;
	char name[32];

	craft_text(&text, number, LINES);
	payload = buffer_span(&text);
	d = forge_digest_of("SHA256", &payload, 1);
	buffer_hex(&digest, forge_digest_span(&d));
	(void)snprintf(name, sizeof(name), "package%u", number);
	order.name = name;
	order.digest = buffer_string(&digest, 0);
	order.payload = buffer_string(&text, 0);
	forge_rpm_header(&over, &order);
	pgp_sign(&signature,
		 &(struct pgp_order){ .by = &shop->pgp[who], .data = { buffer_span(&over) } });
	order.signature = bare ? SPAN_NONE : buffer_span(&signature);
	forge_rpm(&out->file, &order);
}

static void rpm_rsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	rpm_by(shop, CRAFT_RSA, number, false, out);
}

static void rpm_eddsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	rpm_by(shop, CRAFT_EDDSA, number, false, out);
}

/* The end of a header that begins at @at. */
static size_t rpm_header_end(const struct buffer *file, size_t at)
{
	return at + 16 + 16 * (size_t)forge_get_be(file, at + 8, 4) +
	       (size_t)forge_get_be(file, at + 12, 4);
}

static size_t rpm_main(const struct buffer *file)
{
	return (rpm_header_end(file, RPM_LEAD) + 7) / 8 * 8;
}

static struct range rpm_payload(const struct buffer *file)
{
	size_t at = rpm_header_end(file, rpm_main(file));

	return (struct range){ at, at < file->len ? file->len - at : 0 };
}

static CRAFT_MAKE(rpm_stolen)
{
	size_t host = rpm_main(&cell->host->file), donor = rpm_main(&cell->donor->file);

	buffer_add(&out->file, span_clip(buffer_span(&cell->donor->file), 0, donor));
	buffer_add(&out->file, span_after(buffer_span(&cell->host->file), host));
	return NULL;
}

/* The header that is signed, before another payload. */
static CRAFT_MAKE(rpm_payload)
{
	struct range host = rpm_payload(&cell->host->file),
		     donor = rpm_payload(&cell->donor->file);

	buffer_add(&out->file, span_clip(buffer_span(&cell->donor->file), 0, donor.off));
	buffer_add(&out->file, span_after(buffer_span(&cell->host->file), host.off));
	return NULL;
}

static CRAFT_MAKE(rpm_bare)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	rpm_by(cell->shop, CRAFT_RSA, cell->donor->number, true, out);
	return NULL;
}

static const struct craft_trick rpm_rsa_tricks[] = {
	{"stolen",             CRAFT_STOLEN,   craft_rpm_stolen,  "mismatched", NULL},
	{ "payload-exchanged", CRAFT_ALTERED,  craft_rpm_payload, "tampered",   NULL},
	{ "byte-changed",      CRAFT_ALTERED,  craft_flip,        "tampered",   NULL},
	{ "bytes-behind",      CRAFT_ALTERED,  craft_behind,      "tampered",   NULL},
	{ "signature-gone",    CRAFT_STRIPPED, craft_rpm_bare,    "unsigned",   NULL},
};
static const struct craft_trick rpm_eddsa_tricks[] = {
	{"stolen",             CRAFT_STOLEN,  craft_rpm_stolen,  "broken",   "mismatched"},
	{ "payload-exchanged", CRAFT_ALTERED, craft_rpm_payload, "tampered", NULL        },
	{ "byte-changed",      CRAFT_ALTERED, craft_flip,        "tampered", NULL        },
};

static void appimage_by(struct craft_shop *shop, unsigned number, struct span signature,
			struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	(void)shop;
	craft_text(&text, number, LINES);
	forge_appimage(&out->file, signature, buffer_string(&text, 0));
}

static void appimage_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free)
	struct buffer signature = BUFFER_INIT, armor = BUFFER_INIT, digest = BUFFER_INIT;
	CLEANUP(craft_file_free) struct craft_file empty = { 0 };
	struct forge_digest d;
	struct span all;

	appimage_by(shop, number, SPAN_NONE, &empty);
	all = buffer_span(&empty.file);
	d = forge_digest_of("SHA256", &all, 1);
	buffer_hex(&digest, forge_digest_span(&d));
	pgp_sign(&signature, &(struct pgp_order){ .by = &shop->pgp[CRAFT_RSA],
						  .data = { buffer_span(&digest) } });
	pgp_armor(&armor, "SIGNATURE", buffer_span(&signature));
	appimage_by(shop, number, buffer_span(&armor), out);
}

static struct range appimage_content(const struct buffer *file)
{
	uint64_t at = forge_get(file, 40, 8) + UINT64_C(4) * 64;

	return (struct range){ at, at < file->len ? file->len - at : 0 };
}

static void room_fill(struct buffer *file, struct span room)
{
	for (size_t i = 0; i < FORGE_APPIMAGE_ROOM; i++)
		file->bytes[FORGE_APPIMAGE_AT + i] = (char)span_at(room, i);
}

static CRAFT_MAKE(appimage_stolen)
{
	if (cell->host->number == CRAFT_FOREIGN || cell->donor->number == CRAFT_FOREIGN)
		return "its sections are elsewhere";
	craft_copy(out, cell->host);
	room_fill(&out->file, span_after(buffer_span(&cell->donor->file), FORGE_APPIMAGE_AT));
	return NULL;
}

static CRAFT_MAKE(appimage_bare)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "its sections are elsewhere";
	craft_copy(out, cell->donor);
	room_fill(&out->file, SPAN_NONE);
	return NULL;
}

static const struct craft_trick appimage_tricks[] = {
	{"stolen",          CRAFT_STOLEN,   craft_appimage_stolen, "mismatched", NULL},
	{ "byte-changed",   CRAFT_ALTERED,  craft_flip,            "mismatched", NULL},
	{ "bytes-behind",   CRAFT_ALTERED,  craft_behind,          "mismatched", NULL},
	{ "signature-gone", CRAFT_STRIPPED, craft_appimage_bare,   "unsigned",   NULL},
};

static const struct craft crafts[] = {
	{"kernel-module",        "kernel_module", "valid", module_make,       module_content,
         CRAFT_TRICKS(module_tricks)											},
	{ "kernel-module-ecdsa", "kernel_module", "valid", module_ecdsa_make, module_content,
         CRAFT_TRICKS(module_ecdsa_tricks)										  },
	{ "deb-rsa",             "deb",           "valid", deb_rsa_make,      deb_content,      CRAFT_TRICKS(deb_rsa_tricks)},
	{ "deb-eddsa",           "deb",           "valid", deb_eddsa_make,    deb_content,
         CRAFT_TRICKS(deb_eddsa_tricks)										     },
	{ "rpm-rsa",             "rpm",           "valid", rpm_rsa_make,      rpm_payload,      CRAFT_TRICKS(rpm_rsa_tricks)},
	{ "rpm-eddsa",           "rpm",           "valid", rpm_eddsa_make,    rpm_payload,
         CRAFT_TRICKS(rpm_eddsa_tricks)										     },
	{ "appimage",            "appimage",      "valid", appimage_make,     appimage_content,
         CRAFT_TRICKS(appimage_tricks)										      },
};
const struct craft_table crafts_linux = { crafts, COUNT_OF(crafts) };
