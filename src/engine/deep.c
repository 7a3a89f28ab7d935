/* SPDX-License-Identifier: MIT */
#include "engine/deep_walk.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/slot.h"
#include "engine/report_make.h"
#include "formats/dmg/dmg.h"
#include "formats/zip/zip_format.h"
#include "structure/unpack.h"
#include "structure/zip/zip.h"

#define ISO_MAGIC_OFF 32769
#define TAR_MAGIC_OFF 257
#define HEAD_BYTES    8 /* that tell how a file is packed */

/* How a container is known: by bytes at a place.  What libarchive reads, but for ZIP. */
static const struct magic {
	uint64_t off;
	struct span bytes;
} archive_magics[] = {
	{0,	      SPAN_INIT("!<arch>\n")         },
	{ 0,	     SPAN_INIT("MSCF")              },
	{ 0,	     SPAN_INIT("7z\xbc\xaf\x27\x1c")},
	{ 0,	     SPAN_INIT("xar!")              },
	{ 0,	     SPAN_INIT("Rar!\x1a\x07")      },
	{ 0,	     SPAN_INIT("\xed\xab\xee\xdb")  },
	{ 0,	     SPAN_INIT("07070")             },
	{ 0,	     SPAN_INIT("\xc7\x71")          },
	{ TAR_MAGIC_OFF, SPAN_INIT("ustar")             },
	{ ISO_MAGIC_OFF, SPAN_INIT("CD001")             },
};

static bool has_at(struct source *s, uint64_t off, struct span magic)
{
	uint8_t bytes[8];
	uint64_t size = s->before.size;

	return off <= size && magic.len <= size - off && magic.len <= sizeof bytes &&
	       source_read(s, NULL, off, bytes, magic.len) == STATUS_OK &&
	       span_equal((struct span){ bytes, magic.len }, magic);
}

static bool is_archive(struct source *s)
{
	for (size_t i = 0; i < COUNT_OF(archive_magics); i++)
		if (has_at(s, archive_magics[i].off, archive_magics[i].bytes))
			return true;
	return false;
}

/* What a file is to a look inside: of a polyglot, each. */
struct contents {
	bool zip, image, archive, packed;
	bool not_told; /* no memory */
};

static struct contents contents_at(struct source *s, struct slot room)
{
	struct contents c = { 0 };
	uint64_t size = s->before.size;
	struct slot head, tail;

	if (!slot_part(room, 0, size < HEAD_BYTES ? size : HEAD_BYTES, &head) ||
	    !slot_part(room, HEAD_BYTES, size < ZIP_TAIL_BYTES ? size : ZIP_TAIL_BYTES,
		       &tail) ||
	    source_read(s, NULL, 0, head.ptr, head.len) != STATUS_OK ||
	    source_read(s, NULL, size - tail.len, tail.ptr, tail.len) != STATUS_OK)
		return c;
	c.archive = is_archive(s);
	c.packed = !c.archive && packing_of(slot_span(head)) != PACKING_NONE;
	c.image = format_dmg.sniff(slot_span(head)) || format_dmg.sniff_tail(slot_span(tail));
	/* Cut, it has only its beginning; in the last member of an archive it ends too early.
	 */
	c.zip = span_starts(slot_span(head), "PK\3\4", 4) || zip_ends(slot_span(tail)) ||
		(!c.archive && !c.packed && format_zip.sniff_tail(slot_span(tail)));
	return c;
}

static struct contents contents_find(struct source *s)
{
	uint8_t *bytes = (uint8_t *)memory_new(HEAD_BYTES + ZIP_TAIL_BYTES, 1);
	struct slot room = { bytes, HEAD_BYTES + ZIP_TAIL_BYTES };
	struct contents c = { .not_told = true };

	if (bytes)
		c = contents_at(s, room);
	memory_free(bytes);
	return c;
}

static void look(struct deep *d, struct source *s)
{
	struct contents c = contents_find(s);

	if (d->stopped)
		return;
	if (c.not_told)
		deep_refuse(d, SPAN_NONE, "error.memory", "there is no memory for it");
	if (c.image)
		deep_refuse(d, SPAN_NONE, "deep.unsupported",
			    "disk images of macOS are not looked into");
	if (c.zip)
		deep_zip(d, s);
	if (c.archive || c.packed)
		deep_archive(d, s, c.packed);
}

static bool is_container(struct source *s)
{
	struct contents c = contents_find(s);

	return c.zip || c.archive || c.packed;
}

bool deep_spend(struct deep *d, uint64_t n)
{
	if (d->stopped)
		return false;
	d->n_bytes += n;
	if (d->n_bytes <= DEEP_MAX_TOTAL &&
	    (d->n_bytes <= DEEP_FREE || (d->n_bytes - DEEP_FREE) / DEEP_MAX_RATIO <= d->size))
		return true;
	d->stopped = true;
	deep_refuse(d, SPAN_NONE, "limit.deep-bytes", "more comes out than is unpacked");
	return false;
}

bool deep_fits(const struct deep *d, uint64_t n)
{
	return n <= DEEP_MAX_MEMBER && n <= DEEP_MAX_HELD - d->held;
}

/* One more member, whether it can be judged or not.  False: no more. */
static bool member_count(struct deep *d)
{
	d->sink->alive(d->sink->context);
	if (++d->n_members <= DEEP_MAX_MEMBERS)
		return true;
	d->stopped = true;
	deep_refuse(d, SPAN_NONE, "limit.deep-members", "there are too many of them");
	return false;
}

/* "!" separates names, so that in a name it is %21, and % is %25.  No name is "?". */
static size_t name_enter(struct deep *d, struct span name)
{
	size_t before = d->inside.len, start;

	if (before > 0)
		buffer_char(&d->inside, '!');
	start = d->inside.len;
	if (span_starts(name, "./", 2))
		name = span_after(name, 2);
	name = span_clip(name, 0, DEEP_MAX_NAME);
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = span_at(name, i);

		if (c == '!' || c == '%')
			buffer_printf(&d->inside, "%%%02X", c);
		else if (c != 0)
			buffer_char(&d->inside, (char)c);
	}
	if (d->inside.len == start)
		buffer_char(&d->inside, '?');
	return before;
}

static void report_send(struct deep *d, struct report *report)
{
	report->inside = buffer_span(&d->inside);
	d->sink->program(d->sink->context, report);
}

void deep_refuse(struct deep *d, struct span name, const char *rule, const char *why)
{
	struct arena a = ARENA_INIT(1 << 16);
	struct report report = { 0 };
	const char *errors[] = { why };
	size_t before;

	if (!d->stopped && !member_count(d))
		return;
	before = name_enter(d, name.len ? name : SPAN_LITERAL("*"));
	report_error(&a, d->engine, STATUS_UNSUPPORTED, 0, NULL, &report);
	report.rule = rule;
	report.errors = errors;
	report.n_errors = 1;
	report_send(d, &report);
	buffer_cut(&d->inside, before);
	arena_free(&a);
}

void deep_member(struct deep *d, struct span name, struct span bytes)
{
	struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct report report = { 0 };
	struct source source;
	size_t before;

	if (!member_count(d))
		return;
	before = name_enter(d, name);
	engine_examine_bytes(d->engine, d->lanes, bytes, &a, &report);
	if (report.format || report.verdict == ASSAY_VERDICT_ERROR)
		report_send(d, &report);
	arena_free(&a);
	source_of_memory(&source, bytes);
	d->depth++;
	d->held += bytes.len;
	if (d->depth < DEEP_MAX_DEPTH)
		look(d, &source);
	else if (is_container(&source))
		deep_refuse(d, SPAN_NONE, "limit.deep-depth",
			    "too many containers stand in each other");
	d->held -= bytes.len;
	d->depth--;
	buffer_cut(&d->inside, before);
}

void deep_prepare(void)
{
	deep_archive_begin();
}

void deep_examine(const struct engine *e, struct lanes *lanes, int fd,
		  const struct deep_sink *sink)
{
	struct deep d = { .engine = e, .lanes = lanes, .sink = sink };
	struct source source;

	if (source_begin(&source, fd) != STATUS_OK)
		return;
	d.size = source.before.size;
	look(&d, &source);
	if (source_end(&source) != STATUS_OK)
		deep_refuse(&d, SPAN_NONE, "error.changed", "the file changed meanwhile");
	buffer_free(&d.inside);
}
