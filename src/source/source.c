/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include "base/slot.h"
#include "source/identity.h"
#include "source/lease.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)

/*
 * Who has a file mapped for writing can change it again without a trace in its
 * times, as long as the page is dirty.  A lease shows that nobody has; where
 * none is granted, because the file is another user's, only root is believed.
 */
static bool is_steady(const struct source *s)
{
	return s->leased || (s->before.uid == 0 && geteuid() != 0 &&
			     (s->before.mode & WRITABLE_BY_OTHERS) == 0);
}

enum status source_begin(struct source *s, int fd)
{
	enum status status;

	*s = (struct source){ .fd = fd };
	/* The lease first: then this is the state that stays. */
	s->leased = lease_take(fd);
	s->lent = !s->leased && lease_holds(fd);
	status = source_identify(fd, &s->before);
	if (status == STATUS_OK && !S_ISREG(s->before.mode))
		status = STATUS_USAGE;
	s->steady = status == STATUS_OK && is_steady(s);
	if (status != STATUS_OK && s->leased) {
		lease_drop(fd);
		s->leased = false;
	}
	return status;
}

void source_of_known(struct source *s, int fd, const struct source_identity *before)
{
	*s = (struct source){ .fd = fd, .before = *before };
}

void source_of_memory(struct source *s, struct span bytes)
{
	*s = (struct source){
		.fd = -1,
		.memory = bytes,
		.steady = true,
		.before = {.size = bytes.len, .mode = S_IFREG},
	};
}

static bool is_read_only(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY;
}

enum status source_end(struct source *s)
{
	struct source_identity after;
	enum status status;
	bool kept;

	if (s->fd < 0)
		return STATUS_OK;
	status = source_identify(s->fd, &after);
	/*
	 * Nobody could write: who only changes rights or times keeps nobody from judging.
	 * A descriptor that can write itself may be of a file in memory, on which leases are
	 * given though others write (memfd_create(2)).
	 */
	kept = (s->leased || s->lent) && lease_holds(s->fd) && is_read_only(s->fd);
	if (s->leased)
		lease_drop(s->fd);
	s->leased = false;
	if (status != STATUS_OK)
		return status;
	if (kept && after.ino == s->before.ino && after.size == s->before.size)
		return STATUS_OK;
	return identity_equal(&s->before, &after) ? STATUS_OK : STATUS_CHANGED;
}

/* Fills @to from @off on, whatever number of reads it takes. */
static enum status read_exactly(struct source *s, uint64_t off, struct slot to)
{
	if (s->fd < 0)
		return slot_put(to, 0, span_clip(s->memory, off, to.len)) ? STATUS_OK
									  : STATUS_USAGE;
	while (to.len > 0) {
		ssize_t n = pread(s->fd, to.ptr, to.len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return STATUS_IO;
		if (n == 0)
			return STATUS_CHANGED;
		off += (uint64_t)n;
		to = slot_after(to, (uint64_t)n);
	}
	/* Somebody waits to write: from here on statx alone has to notice it. */
	if (s->leased && !lease_holds(s->fd)) {
		lease_drop(s->fd);
		s->leased = s->steady = false;
	}
	return STATUS_OK;
}

static bool range_inside(const struct source *s, uint64_t off, uint64_t len)
{
	return off <= s->before.size && len <= s->before.size - off;
}

/* @len bytes of @a, counted against SOURCE_MAX_LOADED. */
static enum status slot_new(struct source *s, struct arena *a, uint64_t len, struct slot *out)
{
	if (s->loaded > SOURCE_MAX_LOADED || len > SOURCE_MAX_LOADED - s->loaded)
		return STATUS_LIMIT;
	*out = (struct slot){ ARENA_NEW(a, uint8_t, (size_t)len), (size_t)len };
	if (!out->ptr)
		return STATUS_NO_MEMORY;
	s->loaded += (size_t)len;
	return STATUS_OK;
}

static uint64_t piece_end(const struct view_piece *p)
{
	return p->off + p->bytes.len;
}

/* Does @p hold bytes of @r? */
static bool piece_meets(const struct view_piece *p, struct range r)
{
	return p->off < r.off + r.len && r.off < piece_end(p);
}

/* @r, made larger to hold every piece that it meets.  Pieces never meet each other. */
static struct range range_joined(const struct view *v, struct range r)
{
	uint64_t from = r.off, end = r.off + r.len;

	for (size_t i = 0; i < v->n; i++) {
		const struct view_piece *p = &v->pieces[i];

		if (!piece_meets(p, r))
			continue;
		from = p->off < from ? p->off : from;
		end = piece_end(p) > end ? piece_end(p) : end;
	}
	return (struct range){ from, end - from };
}

/* Are the bytes of @p that @now (read at @off) holds as well still the same? */
static bool piece_agrees(const struct view_piece *p, uint64_t off, struct span now)
{
	struct range r = { off, now.len };
	uint64_t from, end;

	if (!piece_meets(p, r))
		return true;
	from = p->off > off ? p->off : off;
	end = piece_end(p) < off + now.len ? piece_end(p) : off + now.len;
	return span_same(span_clip(p->bytes, from - p->off, end - from),
			 span_clip(now, from - off, end - from));
}

/* The same for the part @i. */
static bool part_agrees(const struct view_gathered *g, size_t i, uint64_t off, struct span now)
{
	struct view_piece p = { g->parts[i].off,
				span_clip(g->bytes, g->at[i], g->parts[i].len) };

	return piece_agrees(&p, off, now);
}

/* The same for all parts; of ordered ones only those are looked at that @now meets. */
static bool gathered_agrees(const struct view_gathered *g, uint64_t off, struct span now)
{
	for (size_t i = g->ordered ? view_gathered_place(g, off) : 0; i < g->n; i++) {
		if (g->ordered && g->parts[i].off >= off + now.len)
			return true;
		if (!part_agrees(g, i, off, now))
			return false;
	}
	return true;
}

/* Is @now, read at @off, what @v has of the same bytes? */
static enum status agree(const struct view *v, uint64_t off, struct span now)
{
	for (size_t i = 0; i < v->n; i++)
		if (!piece_agrees(&v->pieces[i], off, now))
			return STATUS_CHANGED;
	for (const struct view_gathered *g = v->gathered; g; g = g->next)
		if (!gathered_agrees(g, off, now))
			return STATUS_CHANGED;
	return STATUS_OK;
}

/*
 * @want, made larger: whole blocks, and some more behind it, so that who asks
 * for a little more each time soon has it; but only up to the pieces that are
 * there, for to join a large one with what nobody asked for copies all of it.
 */
static struct range range_widened(const struct view *v, struct range want)
{
	uint64_t from = want.off / SOURCE_BLOCK * SOURCE_BLOCK, end = want.off + want.len;

	if (end - from < SOURCE_AHEAD)
		end = from + SOURCE_AHEAD;
	if (end > v->size)
		end = v->size;
	for (size_t i = 0; i < v->n; i++) {
		const struct view_piece *p = &v->pieces[i];

		if (piece_end(p) <= want.off && piece_end(p) > from)
			from = piece_end(p);
		if (p->off >= want.off + want.len && p->off < end)
			end = p->off;
	}
	return (struct range){ from, end - from };
}

/* What to load for @want: less when memory is short. */
static struct range range_to_load(const struct source *s, const struct view *v,
				  struct range want)
{
	struct range r = range_joined(v, range_widened(v, want));

	if (s->loaded <= SOURCE_MAX_LOADED && r.len <= SOURCE_MAX_LOADED - s->loaded)
		return r;
	return range_joined(v, want);
}

/* Copies to @to what @v has of @r, and reads what it does not have: no byte is read twice. */
static enum status fill_range(struct source *s, const struct view *v, struct range r,
			      struct slot to)
{
	uint64_t at = r.off, end = r.off + r.len;

	while (at < end) {
		uint64_t next = end;
		const struct view_piece *here = NULL;
		struct slot gap;

		for (size_t i = 0; i < v->n; i++) {
			const struct view_piece *p = &v->pieces[i];

			if (p->off == at && p->bytes.len > 0)
				here = p;
			if (p->off > at && p->off < next)
				next = p->off;
		}
		if (here) {
			if (!slot_put(to, at - r.off, here->bytes))
				return STATUS_LIMIT;
			at = piece_end(here);
			continue;
		}
		if (!slot_part(to, at - r.off, next - at, &gap))
			return STATUS_LIMIT;
		TRY(read_exactly(s, at, gap));
		at = next;
	}
	return STATUS_OK;
}

/* One part: from a piece that holds it whole, else read. */
static enum status fill_part(struct source *s, const struct view *v, struct range r,
			     struct slot to)
{
	struct span there;

	for (size_t i = 0; i < v->n; i++) {
		const struct view_piece *p = &v->pieces[i];

		if (r.off >= p->off && span_part(p->bytes, r.off - p->off, r.len, &there))
			return slot_put(to, 0, there) ? STATUS_OK : STATUS_LIMIT;
	}
	TRY(read_exactly(s, r.off, to));
	return agree(v, r.off, slot_span(to));
}

/* Takes the pieces that lie in @r out of @v. */
static void drop_pieces(struct view *v, struct range r)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++)
		if (!piece_meets(&v->pieces[i], r))
			v->pieces[kept++] = v->pieces[i];
	v->n = kept;
}

static bool view_has_room(const struct view *v, struct range r)
{
	if (v->n < VIEW_MAX_PIECES)
		return true;
	for (size_t i = 0; i < v->n; i++)
		if (piece_meets(&v->pieces[i], r))
			return true;
	return false;
}

/* Loads the parts that are wanted, as they are: who asks for many small ones wants no more. */
static enum status parts_load(struct source *s, struct arena *a, struct view *v)
{
	struct slot all, part;
	uint64_t len = 0;

	for (size_t i = 0; i < v->n_want_parts; i++) {
		if (!range_inside(s, v->want_parts[i].off, v->want_parts[i].len))
			return STATUS_USAGE;
		len += v->want_parts[i].len;
		if (len > SOURCE_MAX_LOADED)
			return STATUS_LIMIT;
	}
	TRY(slot_new(s, a, len, &all));
	len = 0;
	for (size_t i = 0; i < v->n_want_parts; i++) {
		struct range r = v->want_parts[i];

		if (!slot_part(all, len, r.len, &part))
			return STATUS_LIMIT;
		TRY(fill_part(s, v, r, part));
		len += r.len;
	}
	return view_add_parts(v, a, slot_span(all));
}

enum status source_load(struct source *s, struct arena *a, struct view *v)
{
	struct range r;
	struct slot to;

	if (v->size == s->before.size && v->n_want_parts > 0)
		return parts_load(s, a, v);
	if (v->size != s->before.size || v->want.len == 0 ||
	    !range_inside(s, v->want.off, v->want.len))
		return STATUS_USAGE;
	r = range_to_load(s, v, v->want);
	if (!view_has_room(v, r))
		return STATUS_LIMIT;
	TRY(slot_new(s, a, r.len, &to));
	TRY(fill_range(s, v, r, to));
	TRY(agree(v, r.off, slot_span(to)));
	drop_pieces(v, r);
	return view_add(v, r.off, slot_span(to)) ? STATUS_OK : STATUS_LIMIT;
}

static enum status glance_at(struct source *s, struct arena *a, struct view *v, struct range r)
{
	struct slot to;

	TRY(slot_new(s, a, r.len, &to));
	TRY(read_exactly(s, r.off, to));
	return view_add(v, r.off, slot_span(to)) ? STATUS_OK : STATUS_LIMIT;
}

enum status source_glance(struct source *s, struct arena *a, struct view *v)
{
	uint64_t size = s->before.size;

	if (s->fd < 0) {
		*v = view_whole(s->memory);
		return STATUS_OK;
	}
	*v = (struct view){ .size = size };
	if (size == 0)
		return STATUS_OK;
	if (size <= 2 * SOURCE_GLANCE)
		return glance_at(s, a, v, (struct range){ 0, size });
	TRY(glance_at(s, a, v, (struct range){ 0, SOURCE_GLANCE }));
	return glance_at(s, a, v, (struct range){ size - SOURCE_GLANCE, SOURCE_GLANCE });
}

enum status source_widen(struct source *s, struct arena *a, struct view *v)
{
	uint64_t len = s->before.size > SOURCE_WHOLE_MAX ? SOURCE_HEAD : s->before.size;
	struct range head = { 0, len };
	struct span there;
	struct slot to;

	if (view_part(v, 0, len, &there) == STATUS_OK)
		return STATUS_OK;
	TRY(slot_new(s, a, len, &to));
	TRY(fill_range(s, v, head, to));
	drop_pieces(v, head);
	return view_add(v, 0, slot_span(to)) ? STATUS_OK : STATUS_LIMIT;
}

enum status source_read(struct source *s, const struct view *v, uint64_t off, uint8_t *to,
			size_t len)
{
	struct slot slot;

	if (!range_inside(s, off, len))
		return STATUS_USAGE;
	slot.ptr = to;
	slot.len = len;
	TRY(read_exactly(s, off, slot));
	return v ? agree(v, off, slot_span(slot)) : STATUS_OK;
}
