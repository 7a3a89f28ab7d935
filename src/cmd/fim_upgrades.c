/* SPDX-License-Identifier: MIT */
#include "cmd/fim_upgrades.h"

#include "base/escape.h"
#include "cmd/fim_asking.h"
#include "cmd/page.h"
#include "countermeasures/file_integrity_monitoring/generated.h"
#include "source/identity.h"
#include "source/paths.h"
#include "source/reach.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DPKG_FOLDER    "/var/lib/dpkg"
#define UPGRADES_ARENA ((size_t)512 << 20)
#define BIT(rule)      (UINT64_C(1) << (rule))

/* What an upgrade may do to a file. */
#define EXPLAINABLE                                                                            \
	(BIT(FIM_UPDATED) | BIT(FIM_PROGRAM_CHANGED) | BIT(FIM_CONTENT_CHANGED) |              \
	 BIT(FIM_START_CHANGED) | BIT(FIM_ADDED_START) | BIT(FIM_ADDED) | BIT(FIM_MOVED) |     \
	 BIT(FIM_LINK_CHANGED) | BIT(FIM_LINKS_COUNTED))

const char *fim_upgrade_word(enum fim_upgrade_kind kind)
{
	switch (kind) {
	case FIM_PACKAGE_UPGRADED: return "package-upgraded";
	case FIM_PACKAGE_REINSTALLED: return "package-reinstalled";
	case FIM_PACKAGE_GENERATED: return "package-generated";
	case FIM_PACKAGE_NONE: break;
	}
	return "none";
}

void fim_upgrade_sentence(struct buffer *out, const struct fim_upgrade *u)
{
	escape_text(out, u->name);
	buffer_text(out, ": ");
	if (u->kind != FIM_PACKAGE_GENERATED) {
		escape_text(out, u->before);
		buffer_text(out, u->kind == FIM_PACKAGE_UPGRADED ? " became " : " again");
		if (u->kind == FIM_PACKAGE_UPGRADED)
			escape_text(out, u->after);
		buffer_text(out, "; ");
	}
	page_count(out, u->n_files, "file");
	buffer_text(out, u->n_files == 1 ? " is " : " are ");
	buffer_text(out, u->kind == FIM_PACKAGE_GENERATED
				 ? "made anew when packages change; nobody has a digest"
				 : "what dpkg says of it (MD5)");
}

const char *fim_dpkg_folder(const struct settings *s)
{
	return s->fim_dpkg && strcmp(s->fim_dpkg, "") != 0 ? s->fim_dpkg : DPKG_FOLDER;
}

static enum status installed_read(struct arena *a, const struct settings *s,
				  struct dpkg_status *out)
{
	const char *path = arena_printf(a, "%s/status", fim_dpkg_folder(s));

	return path ? dpkg_status_read(a, path, out) : STATUS_NO_MEMORY;
}

static const char *package_text(struct arena *a, const struct dpkg_package *p)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_add(&text, p->name);
	buffer_char(&text, ':');
	buffer_add(&text, p->architecture);
	buffer_char(&text, ' ');
	buffer_add(&text, p->version);
	return buffer_status(&text) == STATUS_OK ? arena_string(a, buffer_span(&text)) : NULL;
}

enum status fim_packages_read(struct arena *a, const struct settings *s,
			      struct baseline_about *out)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(DPKG_ARENA_BYTES);
	struct dpkg_status now;

	TRY(installed_read(&scratch, s, &now));
	out->n_packages = now.n;
	out->packages = ARENA_NEW(a, const char *, now.n + 1);
	for (size_t i = 0; out->packages && i < now.n; i++) {
		out->packages[i] = package_text(a, &now.each[i]);
		if (!out->packages[i])
			return STATUS_NO_MEMORY;
	}
	return out->packages ? STATUS_OK : STATUS_NO_MEMORY;
}

/* What was installed, back from its texts. */
static enum status before_read(struct arena *a, const struct baseline_about *was,
			       struct dpkg_status *out)
{
	*out = (struct dpkg_status){ .n = was->n_packages };
	out->each = ARENA_NEW(a, struct dpkg_package, was->n_packages + 1);
	for (size_t i = 0; out->each && i < was->n_packages; i++) {
		struct span text = SPAN_TEXT(was->packages[i]);
		uint64_t name, architecture;

		if (!span_find(text, SPAN_LITERAL(":"), 0, &name) ||
		    !span_find(text, SPAN_LITERAL(" "), name, &architecture))
			return STATUS_MALFORMED;
		out->each[i] = (struct dpkg_package){
			.name = span_clip(text, 0, name),
			.architecture = span_clip(text, name + 1, architecture - name - 1),
			.version = span_after(text, architecture + 1),
		};
	}
	return out->each ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool may_explain(const struct fim_change *c)
{
	uint64_t allowed = EXPLAINABLE;

	/* Nothing in the file itself was its signature, so the file has lost none. */
	if (c->before.presence == ASSAY_PRESENCE_CONTAINER)
		allowed |= BIT(FIM_SIGNATURE_LOST);
	return c->after.path.len > 0 && (c->rules & ~allowed) == 0;
}

/* What stands in the folder of @path under the name @name. */
static const char *path_beside(struct arena *a, const char *path, struct span name)
{
	const char *folder = path_folder(a, path), *text = arena_string(a, name);

	if (!folder || !text)
		return NULL;
	return arena_printf(a, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, text);
}

/* The file whose content counts; "": none. */
static const char *content_path(struct arena *a, const struct fim_change *c)
{
	const char *path = arena_string(a, fim_path_of(c));
	const char *source = path ? fim_compiled_from(a, path) : NULL;
	uint64_t at;

	if (!source || *source)
		return source;
	if (!may_explain(c))
		return "";
	if (S_ISREG(c->after.mode))
		return path;
	if (!S_ISLNK(c->after.mode) || c->after.link.len == 0 ||
	    span_find_byte(c->after.link, '/', 0, &at))
		return "";
	return path_beside(a, path, c->after.link);
}

/*
 * Half of the paths are the changed ones, half those whose content counts: of a link
 * both have to be one package's.
 */
static enum status paths_ask(struct fim_asking *q)
{
	size_t n = q->look->n_changes;
	const char *info = arena_printf(q->arena, "%s/info", q->folder);

	q->paths = ARENA_NEW(q->arena, const char *, 2 * n + 1);
	q->owners = ARENA_NEW(q->arena, struct permit_owner, 2 * n + 1);
	if (!info || !q->paths || !q->owners)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		q->paths[i] = content_path(q->arena, &q->look->changes[i]);
		q->paths[n + i] = arena_string(q->arena, fim_path_of(&q->look->changes[i]));
		if (!q->paths[i] || !q->paths[n + i])
			return STATUS_NO_MEMORY;
	}
	return permit_owners_read(q->arena, info, q->paths, 2 * n, q->owners);
}

static bool is_told(int fd, const struct baseline_record *r)
{
	struct source_identity id;

	return source_identify(fd, &id) == STATUS_OK && id.dev == r->dev && id.ino == r->ino &&
	       id.size == r->size && id.mtime_ns == r->mtime_ns && id.ctime_ns == r->ctime_ns;
}

int fim_told_open(const char *path, const struct baseline_record *r)
{
	int folder, fd;

	if (folder_reach(path, &folder) != STATUS_OK)
		return -1;
	fd = fim_file_open(folder, path_name(path));
	(void)close(folder);
	if (fd < 0 || !r || is_told(fd, r))
		return fd;
	(void)close(fd);
	return -1;
}

bool fim_content_is(struct fim_asking *q, const char *path, const struct baseline_record *r,
		    const uint8_t md5[16])
{
	struct digest digest;
	int fd = fim_told_open(path, r);
	bool good;

	if (fd < 0)
		return false;
	good = fim_content_digest(&q->lanes, fd, DIGEST_MD5, &digest) == STATUS_OK &&
	       digest_equal(&digest, (struct span){ md5, 16 }) && (!r || is_told(fd, r));
	(void)close(fd);
	return good;
}

int64_t fim_dpkg_changed(const struct fim_asking *q, const char *place)
{
	const char *path = arena_printf(q->arena, "%s/%s", q->folder, place);
	struct stat st;

	return path && lstat(path, &st) == 0 ? st.st_ctim.tv_sec : 0;
}

static size_t line_of(struct fim_asking *q, enum fim_upgrade_kind kind,
		      const struct dpkg_package *was, const struct dpkg_package *is)
{
	struct fim_upgrades *out = q->out;

	for (size_t i = 0; i < out->n; i++)
		if (out->each[i].kind == kind && out->each[i].after.ptr == is->version.ptr)
			return i + 1;
	out->each[out->n] =
		(struct fim_upgrade){ kind, is->name, was->version, is->version, 0 };
	return ++out->n;
}

size_t fim_upgrade_of(struct fim_asking *q, const char *key)
{
	const struct dpkg_package *was = dpkg_package_find(&q->before, SPAN_TEXT(key));
	const struct dpkg_package *is = dpkg_package_find(&q->now, SPAN_TEXT(key));
	const char *list = arena_printf(q->arena, "info/%s.list", key);
	int newer = was && is ? dpkg_version_order(is->version, was->version) : -1;

	if (newer < 0 || !list)
		return 0;
	if (newer > 0)
		return line_of(q, FIM_PACKAGE_UPGRADED, was, is);
	return fim_dpkg_changed(q, list) > q->since
		       ? line_of(q, FIM_PACKAGE_REINSTALLED, was, is)
		       : 0;
}

size_t fim_generated_line(struct fim_asking *q, const struct dpkg_package *package)
{
	return line_of(q, FIM_PACKAGE_GENERATED, package, package);
}

/* What the package says of the file: of what is configured, dpkg's status has it. */
static bool owner_md5(struct fim_asking *q, const struct permit_owner *owner, const char *path,
		      uint8_t md5[16])
{
	const struct dpkg_package *is = dpkg_package_find(&q->now, SPAN_TEXT(owner->package));

	if (owner->has_md5)
		return span_copy(md5, 16, SPAN_OF(owner->md5)) == 16;
	return is && dpkg_conffile_find(is, SPAN_TEXT(path), md5);
}

/* The line that explains the change @i, by what its package says of its content. */
static size_t content_explain(struct fim_asking *q, size_t i)
{
	const struct fim_change *c = &q->look->changes[i];
	const struct permit_owner *content = &q->owners[i],
				  *own = &q->owners[q->look->n_changes + i];
	size_t n = q->out->n, upgrade;
	uint8_t md5[16];

	if (!may_explain(c) || !content->package || !own->package ||
	    strcmp(content->package, own->package) != 0 ||
	    !owner_md5(q, content, q->paths[i], md5))
		return 0;
	upgrade = fim_upgrade_of(q, own->package);
	if (upgrade == 0 ||
	    fim_content_is(q, q->paths[i], S_ISREG(c->after.mode) ? &c->after : NULL, md5))
		return upgrade;
	q->out->n = n;
	return 0;
}

static void change_explain(struct fim_asking *q, size_t i)
{
	struct fim_change *c = &q->look->changes[i];
	uint64_t *counts = q->look->total.by_severity;
	size_t by = fim_generated_explain(q, i);

	if (by == 0)
		by = content_explain(q, i);
	if (by == 0)
		return;
	q->out->each[by - 1].n_files++;
	c->upgrade = by;
	counts[fim_severity_of(c)]--;
	counts[FIM_SEVERITY_INFO]++;
}

/* Versions outlive what they were read into. */
static enum status upgrades_keep(struct arena *a, struct fim_upgrades *u)
{
	struct fim_upgrade *kept = ARENA_NEW(a, struct fim_upgrade, u->n + 1);

	if (!kept)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < u->n; i++) {
		kept[i] = (struct fim_upgrade){ u->each[i].kind, arena_copy(a, u->each[i].name),
						arena_copy(a, u->each[i].before),
						arena_copy(a, u->each[i].after),
						u->each[i].n_files };
		if (!kept[i].name.ptr || !kept[i].before.ptr || !kept[i].after.ptr)
			return STATUS_NO_MEMORY;
	}
	u->each = kept;
	return STATUS_OK;
}

/* What cannot be told explains nothing. */
static void upgrades_forget(struct fim_look *look, struct fim_upgrades *u)
{
	for (size_t i = 0; i < look->n_changes; i++) {
		struct fim_change *c = &look->changes[i];

		if (c->upgrade == 0)
			continue;
		c->upgrade = 0;
		look->total.by_severity[FIM_SEVERITY_INFO]--;
		look->total.by_severity[fim_severity_of(c)]++;
	}
	*u = (struct fim_upgrades){ 0 };
}

enum status fim_upgrades_find(struct arena *a, const struct settings *s,
			      const struct baseline_about *was, struct fim_look *look,
			      struct fim_upgrades *out)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(UPGRADES_ARENA);
	struct fim_asking q = { .arena = &scratch,
				.look = look,
				.folder = fim_dpkg_folder(s),
				.since = was->ended,
				.out = out };
	enum status status;

	*out = (struct fim_upgrades){ 0 };
	if (look->n_changes == 0 || was->n_packages == 0)
		return STATUS_OK;
	TRY(installed_read(&scratch, s, &q.now));
	TRY(before_read(&scratch, was, &q.before));
	TRY(paths_ask(&q));
	out->each = ARENA_NEW(&scratch, struct fim_upgrade, look->n_changes + 1);
	if (!out->each)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < look->n_changes; i++)
		change_explain(&q, i);
	lanes_free(q.lanes);
	status = upgrades_keep(a, out);
	if (status != STATUS_OK)
		upgrades_forget(look, out);
	return status;
}
