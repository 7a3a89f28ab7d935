/* SPDX-License-Identifier: MIT */
/* What attackers, signers and linkers do to Mach-O files, one row each. */
#include "tests/forge/macho.h"

#define MANY_PAGES 16
#define ENTITLEMENTS                                                                           \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\"><dict>"              \
	"<key>com.apple.security.cs.allow-jit</key><true/></dict></plist>"
#define TEXT_PAGE(n) ((n) * (size_t)MACHO_PAGE)

static const struct forge_apple honest = { .agility = true };
static const struct forge_code two = {
	.hashes = {HASH_SHA1,				 HASH_SHA256},
	.identifier = "org.example.forge",
	.flags = 0x10000,
	.extras = { { 2, 0xfade0c01, SPAN_INIT("\0\0\0\0") },
                   { 5, 0xfade7171, SPAN_INIT(ENTITLEMENTS) }            },
};
static const struct forge_code one = { .identifier = "org.example.forge" };
static const struct forge_code linker = { .flags = MACHO_LINKER };

static void program(uint64_t seed, uint32_t cpu, struct buffer *out)
{
	struct forge_macho wish = { .text_pages = MANY_PAGES,
				    .cpu_type = cpu,
				    .info_plist = "<plist><dict/></plist>",
				    .seed = seed };

	forge_macho_make(&wish, out);
}

static void signed_by(struct forge *f, const struct forge_code *code,
		      const struct forge_apple *by, struct buffer *out)
{
	program(1, 0, out);
	forge_macho_sign_by(f, code, by, out);
}

static void turn(struct buffer *file, size_t at)
{
	file->bytes[at] = (char)(file->bytes[at] ^ 1);
}

#define MAKE(name) static void make_##name(struct forge *f, struct buffer *out)

MAKE(signed)
{
	signed_by(f, &two, &honest, out);
}

MAKE(one_directory)
{
	struct forge_apple by = { 0 };

	signed_by(f, &one, &by, out);
}

MAKE(unsorted)
{
	struct forge_apple by = { .agility = true, .unsorted = true };

	signed_by(f, &two, &by, out);
}

MAKE(no_attributes)
{
	struct forge_apple by = { .no_attributes = true };

	signed_by(f, &one, &by, out);
}

MAKE(sha384)
{
	struct forge_code code = { .hashes = { HASH_SHA384 } };

	signed_by(f, &code, &honest, out);
}

MAKE(cut_hash)
{
	struct forge_code code = { .hashes = { HASH_CUT } };

	signed_by(f, &code, &honest, out);
}

MAKE(big_pages)
{
	struct forge_code code = { .page_shift = 14 };

	signed_by(f, &code, &honest, out);
}

MAKE(page_flip)
{
	make_signed(f, out);
	turn(out, TEXT_PAGE(3) + 100);
}

MAKE(most_pages)
{
	make_signed(f, out);
	for (size_t i = 1; i < MANY_PAGES - 2; i++)
		turn(out, TEXT_PAGE(i) + 100);
}

MAKE(rehash_keep_cms)
{
	make_page_flip(f, out);
	forge_macho_rehash(out);
}

MAKE(ident_edit)
{
	make_signed(f, out);
	for (uint32_t type = 0; type <= 0x1000; type += 0x1000)
		turn(out, forge_macho_blob(out, type).off + 88);
}

static void adhoc(struct buffer *file, uint32_t type)
{
	size_t at = forge_macho_blob(file, type).off + 12;

	forge_put_be(file, at, 4, forge_get_be(file, at, 4) | MACHO_ADHOC);
}

MAKE(adhoc_flag)
{
	signed_by(f, &one, &honest, out);
	adhoc(out, 0);
}

MAKE(adhoc_one_of_two)
{
	make_signed(f, out);
	adhoc(out, 0x1000);
}

MAKE(rehash_adhoc)
{
	make_rehash_keep_cms(f, out);
	adhoc(out, 0);
	adhoc(out, 0x1000);
}

MAKE(adhoc_signed)
{
	struct forge_code code = { .flags = MACHO_ADHOC };

	signed_by(f, &code, &honest, out);
}

/* The donor's signature behind another program, whose load command follows it. */
static void superblob_steal(struct forge *f, size_t more, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;
	struct forge_macho_places from, to;

	make_signed(f, &donor);
	program(77, 0, out);
	forge_noise(out, more, 5);
	forge_macho_sign(&two, out);
	from = forge_macho_places_of(&donor);
	to = forge_macho_places_of(out);
	buffer_cut(out, to.data);
	buffer_add(out, span_clip(buffer_span(&donor), from.data, from.data_len));
	forge_put(out, to.command + 12, 4, from.data_len);
	forge_put(out, to.linkedit + 48, 8,
		  out->len - (size_t)forge_get(out, to.linkedit + 40, 8));
}

MAKE(stolen)
{
	superblob_steal(f, 0, out);
}

MAKE(stolen_longer)
{
	superblob_steal(f, 4096, out);
}

MAKE(cms_byte)
{
	struct forge_apple by = { .agility = true, .bad = true };

	signed_by(f, &two, &by, out);
}

MAKE(command_short)
{
	size_t at;

	make_signed(f, out);
	at = forge_macho_places_of(out).command + 12;
	forge_put(out, at, 4, forge_get(out, at, 4) - 8);
}

MAKE(slots_short)
{
	size_t at;

	make_signed(f, out);
	at = forge_macho_blob(out, 0).off + 28;
	forge_put_be(out, at, 4, forge_get_be(out, at, 4) - 1);
}

MAKE(limit_short)
{
	size_t at;

	make_signed(f, out);
	at = forge_macho_blob(out, 0).off + 32;
	forge_put_be(out, at, 4, forge_get_be(out, at, 4) - 16);
}

MAKE(cms_renamed)
{
	make_signed(f, out);
	forge_put_be(out, forge_macho_entry(out, 0x10000), 4, 0x10007);
}

MAKE(cms_dropped)
{
	forge_macho_make(&(struct forge_macho){ 0 }, out);
	forge_macho_sign(&two, out);
	(void)f;
}

MAKE(trailing)
{
	make_signed(f, out);
	forge_zeros(out, 16);
}

MAKE(slack)
{
	make_signed(f, out);
	turn(out, out->len - 1);
}

MAKE(entitlements)
{
	make_signed(f, out);
	turn(out, forge_macho_blob(out, 5).off + 120);
}

MAKE(unsealed)
{
	struct forge_code code = one;

	code.extras[0] = (struct forge_blob){ 7, 0xfade7172, SPAN_LITERAL("\x31\x00") };
	signed_by(f, &code, &honest, out);
	/* Special slot -7 of nothing: signed like that. */
	forge_put_be(out,
		     forge_macho_blob(out, 0).off +
			     (size_t)forge_get_be(out, forge_macho_blob(out, 0).off + 16, 4) -
			     224,
		     8, 0);
	for (size_t i = 0; i < 32; i++)
		out->bytes[forge_macho_blob(out, 0).off +
			   (size_t)forge_get_be(out, forge_macho_blob(out, 0).off + 16, 4) -
			   224 + i] = 0;
	forge_macho_resign(f, &honest, out);
}

/* Taken away so that only the weak digest is left. */
MAKE(alternate_gone)
{
	make_signed(f, out);
	forge_put_be(out, forge_macho_entry(out, 0x1000) + 4, 4, 0);
}

/* Its pages and itself exchanged, slot 0 left as it was. */
MAKE(alternate_other)
{
	struct range d;

	make_signed(f, out);
	d = forge_macho_blob(out, 0x1000);
	turn(out, d.off + d.len - 1);
}

/* Signed under an identifier that its own requirement does not name. */
MAKE(self_fail)
{
	static const char other[] =
		"\xfa\xde\x0c\x01\0\0\0\x30\0\0\0\1\0\0\0\3\0\0\0\x14"
		"\xfa\xde\x0c\x00\0\0\0\x1c\0\0\0\1\0\0\0\2\0\0\0\5other\0\0\0";
	struct forge_code code = one;
	struct span set = { (const uint8_t *)other, sizeof(other) - 1 };

	code.extras[0] = (struct forge_blob){ 2, 0xfade0c01, span_after(set, 8) };
	signed_by(f, &code, &honest, out);
}

/* A ticket is in no digest. */
MAKE(ticket)
{
	struct forge_code code = one;

	code.extras[0] = (struct forge_blob){ 0x10002, 0xfade0b01, SPAN_LITERAL("a ticket") };
	signed_by(f, &code, &honest, out);
}

MAKE(attached)
{
	struct forge_apple by = { .content = SPAN_LITERAL("other content") };

	signed_by(f, &one, &by, out);
}

MAKE(two_signers)
{
	struct forge_apple by = { .two_signers = true };

	signed_by(f, &one, &by, out);
}

MAKE(linker_signed)
{
	program(1, 0, out);
	forge_macho_sign(&linker, out);
	(void)f;
}

MAKE(adhoc_wrapper)
{
	struct forge_code code = { .flags = MACHO_ADHOC, .with_wrapper = true };

	program(1, 0, out);
	forge_macho_sign(&code, out);
	(void)f;
}

MAKE(adhoc_flip)
{
	make_linker_signed(f, out);
	turn(out, TEXT_PAGE(3) + 100);
}

/* Slices of a universal file. */
enum wears { BARE, ADHOC, SIGNED };

static void slice(struct forge *f, enum wears wears, uint32_t cpu, struct buffer *out)
{
	program(cpu, cpu, out);
	if (wears == ADHOC)
		forge_macho_sign(&linker, out);
	if (wears == SIGNED)
		forge_macho_sign_by(f, &two, &honest, out);
}

static void fat(struct forge *f, enum wears first, enum wears second, struct forge_fat *wish,
		struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;

	slice(f, first, MACHO_X86_64, &a);
	slice(f, second, MACHO_ARM64, &b);
	wish->slices[0] = (struct forge_slice){ buffer_span(&a), MACHO_X86_64, 3 };
	wish->slices[1] = (struct forge_slice){ buffer_span(&b), MACHO_ARM64, 0 };
	forge_fat_make(wish, out);
}

#define FAT(name, first, second)                                                               \
	MAKE(name)                                                                             \
	{                                                                                      \
		struct forge_fat wish = { 0 };                                                 \
                                                                                               \
		fat(f, first, second, &wish, out);                                             \
	}
FAT(fat_signed, SIGNED, SIGNED)
FAT(fat_mixed, BARE, ADHOC)
FAT(fat_some, SIGNED, BARE)
FAT(fat_some_adhoc, ADHOC, SIGNED)

/* CVE-2018-10404: verifiers look at the first slice, systems run the other. */
MAKE(fat_lie)
{
	make_fat_some(f, out);
	forge_put_be(out, 8, 4, 0x1000005);
}

MAKE(fat_lie_bare)
{
	make_fat_some(f, out);
	forge_put_be(out, 28, 4, 0x1000005);
}

MAKE(fat_hidden)
{
	struct forge_fat wish = { .hidden = 1 };

	fat(f, SIGNED, ADHOC, &wish, out);
}

MAKE(fat_gap)
{
	make_fat_signed(f, out);
	turn(out, 200);
}

MAKE(fat_trailing)
{
	make_fat_signed(f, out);
	forge_zeros(out, 1);
}

MAKE(fat_one_flipped)
{
	make_fat_signed(f, out);
	turn(out, (size_t)forge_fat_slice(out, 1).off + TEXT_PAGE(3));
}

/* Disk images. */
MAKE(dmg)
{
	forge_dmg_make(f, &honest, 9, out);
}

MAKE(dmg_bare)
{
	forge_dmg_make(f, NULL, 9, out);
}

MAKE(dmg_byte)
{
	make_dmg(f, out);
	turn(out, 50);
}

MAKE(dmg_trailer)
{
	make_dmg(f, out);
	turn(out, out->len - 500);
}

MAKE(dmg_cms)
{
	struct forge_apple by = { .bad = true };

	forge_dmg_make(f, &by, 9, out);
}

/* The property list moved to where the signature does not reach. */
MAKE(dmg_beyond)
{
	struct range signature = { 0, 0 };
	size_t trailer;

	make_dmg(f, out);
	trailer = out->len - 512;
	signature.off = forge_get_be(out, trailer + 296, 8);
	forge_put_be(out, trailer + 216, 8, signature.off + 8);
}

MAKE(dmg_encrypted)
{
	(void)f;
	buffer_text(out, "encrcdsa");
	forge_noise(out, 200, 3);
}

#define ROW(name, make, verdict, binding, signature, finding)                                  \
	{                                                                                      \
		name, make_##make, verdict, binding, signature, finding                        \
	}

/* The forge's root is none of Apple's: what is sound is "untrusted". */
const struct apple_trap apple_traps[] = {
	ROW("signed", signed, "untrusted", "intact", "good", NULL),
	ROW("one CodeDirectory", one_directory, "untrusted", "intact", "good", NULL),
	ROW("unsorted attributes", unsorted, "untrusted", "intact", "good", NULL),
	ROW("no attributes", no_attributes, "untrusted", "intact", "good", NULL),
	ROW("SHA-384", sha384, "untrusted", "intact", "good", NULL),
	ROW("SHA-256 cut short", cut_hash, "untrusted", "intact", "good", NULL),
	ROW("pages of 16 KiB", big_pages, "untrusted", "intact", "good", NULL),
	ROW("page-flip", page_flip, "tampered", "modified", "good", "macho.page-mismatch"),
	ROW("most pages changed", most_pages, "mismatched", "modified", "good",
	    "macho.page-mismatch"),
	ROW("rehash-keep-cms", rehash_keep_cms, "mismatched", "modified", "good",
	    "macho.cd-not-attested"),
	ROW("cd-ident-edit", ident_edit, "mismatched", "modified", "good",
	    "macho.cd-not-attested"),
	ROW("adhoc-flag-with-real-cms", adhoc_flag, "counterfeit", "intact", "bad",
	    "macho.adhoc-with-cms"),
	ROW("ad-hoc in one of two", adhoc_one_of_two, "counterfeit", "modified", "good",
	    "macho.cd-flag-disagreement"),
	ROW("rehash-adhoc-keep-cms", rehash_adhoc, "counterfeit", "intact", "bad",
	    "macho.adhoc-with-cms"),
	ROW("signed as ad-hoc", adhoc_signed, "counterfeit", "intact", "good",
	    "macho.adhoc-with-cms"),
	ROW("stolen-superblob", stolen, "grafted", "modified", "good", "macho.page-mismatch"),
	ROW("stolen-superblob, longer", stolen_longer, "grafted", "modified", "good",
	    "macho.cd-code-limit"),
	ROW("cms-sigbyte-flip", cms_byte, "broken", "intact", "bad", NULL),
	ROW("lc-size-short", command_short, "broken", "modified", "bad",
	    "macho.signature-short"),
	ROW("ncodeslots-short", slots_short, "broken", NULL, NULL, "macho.cd-malformed"),
	ROW("codelimit-short", limit_short, "broken", "modified", "bad", "macho.cd-code-limit"),
	ROW("cms-slot-renamed", cms_renamed, "broken", "intact", "absent",
	    "macho.cms-misplaced"),
	ROW("neither flag nor CMS", cms_dropped, "stripped", "intact", "absent", NULL),
	ROW("trailing-zero16", trailing, "partial", "partial", "good", "macho.trailing-data"),
	ROW("data in the slack", slack, "partial", "partial", "good", "macho.sig-slack-data"),
	ROW("entitlements edited", entitlements, "tampered", "modified", "good",
	    "macho.slot-mismatch"),
	ROW("blob of no slot", unsealed, "partial", "partial", "good", "macho.slot-unsealed"),
	ROW("alternate taken away", alternate_gone, "tampered", "modified", "good",
	    "macho.cd-not-attested"),
	ROW("alternate exchanged", alternate_other, "tampered", "modified", "good",
	    "macho.cd-not-attested"),
	ROW("its own requirement fails", self_fail, "untrusted", "intact", "good",
	    "macho.req-self-fail"),
	ROW("a stapled ticket", ticket, "untrusted", "intact", "good", "macho.ticket"),
	ROW("content of its own", attached, "untrusted", "intact", "good",
	    "macho.cms-attached"),
	ROW("two signers", two_signers, "untrusted", "intact", "good", "macho.cms-signers"),
	ROW("linker-signed", linker_signed, "adhoc", "intact", "keyless", NULL),
	ROW("ad-hoc, empty wrapper", adhoc_wrapper, "adhoc", "intact", "keyless", NULL),
	ROW("ad-hoc, page-flip", adhoc_flip, "broken", "modified", "bad",
	    "macho.page-mismatch"),
	ROW("universal", fat_signed, "untrusted", "intact", "good", NULL),
	ROW("universal, mixed", fat_mixed, "adhoc", "intact", "keyless", NULL),
	ROW("identity on one slice", fat_some, "partial", "partial", "good", NULL),
	ROW("identity on the other", fat_some_adhoc, "partial", "partial", "good", NULL),
	ROW("the signed slice lies", fat_lie, "grafted", "partial", "good",
	    "macho.fat-cputype-mismatch"),
	ROW("the bare slice lies", fat_lie_bare, "partial", "partial", "good",
	    "macho.fat-cputype-mismatch"),
	ROW("hidden arch", fat_hidden, "grafted", "partial", "good", "macho.fat-hidden-arch"),
	ROW("non-zero gap", fat_gap, "partial", "partial", "good", "macho.fat-nonzero-gap"),
	ROW("behind the last slice", fat_trailing, "partial", "partial", "good",
	    "macho.fat-trailing"),
	ROW("one slice flipped", fat_one_flipped, "tampered", "modified", "good",
	    "macho.page-mismatch"),
	ROW("disk image", dmg, "untrusted", "intact", "good", NULL),
	ROW("unsigned disk image", dmg_bare, "unsigned", NULL, NULL, NULL),
	ROW("disk image, altered", dmg_byte, "mismatched", "modified", "good",
	    "macho.page-mismatch"),
	ROW("disk image, trailer altered", dmg_trailer, "mismatched", "modified", "good",
	    "macho.slot-mismatch"),
	ROW("disk image, bad CMS", dmg_cms, "broken", "intact", "bad", NULL),
	ROW("disk image beyond its signature", dmg_beyond, "mismatched", "modified", "good",
	    "dmg.uncovered"),
	ROW("encrypted disk image", dmg_encrypted, "unsupported", NULL, NULL, "dmg.encrypted"),
};
const size_t n_apple_traps = COUNT_OF(apple_traps);
