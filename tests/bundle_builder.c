/* SPDX-License-Identifier: MIT */
#include "tests/bundle_builder.h"

#include "base/base64.h"
#include "tests/forge/signing.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RULES_OLD                                                                              \
	"<key>^Resources/</key><true/>"                                                        \
	"<key>^Resources/.*\\.lproj/</key><dict><key>optional</key><true/>"                    \
	"<key>weight</key><real>1000</real></dict>"                                            \
	"<key>^version.plist$</key><true/>"
#define RULES_NEW                                                                              \
	"<key>.*\\.dSYM($|/)</key><dict><key>weight</key><real>11</real></dict>"               \
	"<key>^(.*/)?\\.DS_Store$</key><dict><key>omit</key><true/>"                           \
	"<key>weight</key><real>2000</real></dict>"                                            \
	"<key>^(Frameworks|PlugIns|Helpers|MacOS|Library/(Automator|LoginItems))/</key>"       \
	"<dict><key>nested</key><true/><key>weight</key><real>10</real></dict>"                \
	"<key>^.*</key><true/>"                                                                \
	"<key>^Info\\.plist$</key><dict><key>omit</key><true/>"                                \
	"<key>weight</key><real>20</real></dict>"                                              \
	"<key>^PkgInfo$</key><dict><key>omit</key><true/>"                                     \
	"<key>weight</key><real>20</real></dict>"                                              \
	"<key>^Resources/</key><dict><key>weight</key><real>20</real></dict>"                  \
	"<key>^Resources/.*\\.lproj/</key><dict><key>optional</key><true/>"                    \
	"<key>weight</key><real>1000</real></dict>"                                            \
	"<key>^Resources/.*\\.lproj/locversion.plist$</key><dict><key>omit</key><true/>"       \
	"<key>weight</key><real>1100</real></dict>"

void bundle_free(struct bundle_tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		buffer_free(&t->files[i].bytes);
	t->n = 0;
}

static struct bundle_entry *file_of(struct bundle_tree *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->files[i].path, path) == 0)
			return &t->files[i];
	if (t->n == BUNDLE_MAX_FILES)
		forge_fail("too many files");
	t->files[t->n] = (struct bundle_entry){ .path = path };
	return &t->files[t->n++];
}

struct buffer *bundle_put(struct bundle_tree *t, const char *path)
{
	struct bundle_entry *f = file_of(t, path);

	f->target = NULL;
	buffer_clear(&f->bytes);
	return &f->bytes;
}

const struct buffer *bundle_file(struct bundle_tree *t, const char *path)
{
	return &file_of(t, path)->bytes;
}

void bundle_text(struct bundle_tree *t, const char *path, const char *text)
{
	buffer_text(bundle_put(t, path), text);
}

void bundle_link(struct bundle_tree *t, const char *path, const char *target)
{
	file_of(t, path)->target = target;
}

void bundle_drop(struct bundle_tree *t, const char *path)
{
	struct bundle_entry *f = file_of(t, path);

	buffer_free(&f->bytes);
	*f = t->files[--t->n];
	t->files[t->n] = (struct bundle_entry){ 0 };
}

static void data_add(struct buffer *out, const char *key, struct span bytes)
{
	buffer_printf(out, "<key>%s</key><data>", key);
	base64_encode(out, bytes);
	buffer_text(out, "</data>");
}

static void digest_add(struct buffer *out, const char *key, const char *name, struct span bytes)
{
	struct forge_digest d = forge_digest_of(name, &bytes, 1);

	data_add(out, key, forge_digest_span(&d));
}

/* NULL: not below the base; "": nothing that is sealed one by one. */
static const char *sealed_name(const struct bundle_wish *wish, const char *path)
{
	size_t len = strlen(wish->base);

	if (strncmp(path, wish->base, len) != 0)
		return NULL;
	path = &path[len];
	if (strcmp(path, wish->executable) == 0 || strncmp(path, "_CodeSignature/", 15) == 0 ||
	    strcmp(path, "CodeResources") == 0 || strcmp(path, "Info.plist") == 0)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(wish->nested) && wish->nested[i].path; i++)
		if (strncmp(path, wish->nested[i].path, strlen(wish->nested[i].path)) == 0)
			return NULL;
	return path;
}

static bool is_optional(const char *name)
{
	return strncmp(name, "Resources/", 10) == 0 && strstr(name, ".lproj/");
}

static void file_seal(struct buffer *out, const struct bundle_wish *wish,
		      const struct bundle_entry *f, const char *name, bool old)
{
	if (old && (f->target || strncmp(name, "Resources/", 10) != 0))
		return;
	buffer_printf(out, "<key>%s</key><dict>", name);
	if (f->target)
		buffer_printf(out, "<key>symlink</key><string>%s</string>", f->target);
	else
		digest_add(out, "hash", "SHA1", buffer_span(&f->bytes));
	if (!f->target && !old && !wish->no_sha256)
		digest_add(out, "hash2", "SHA256", buffer_span(&f->bytes));
	if (is_optional(name))
		buffer_text(out, "<key>optional</key><true/>");
	buffer_text(out, "</dict>");
}

static void files_seal(struct buffer *out, const struct bundle_tree *t,
		       const struct bundle_wish *wish, bool old)
{
	buffer_text(out, old ? "<key>files</key><dict>" : "<key>files2</key><dict>");
	for (size_t i = 0; i < t->n; i++) {
		const char *name = sealed_name(wish, t->files[i].path);

		if (name)
			file_seal(out, wish, &t->files[i], name, old);
	}
	for (size_t i = 0; !old && i < COUNT_OF(wish->nested) && wish->nested[i].path; i++) {
		buffer_printf(out, "<key>%s</key><dict>", wish->nested[i].path);
		data_add(out, "cdhash", wish->nested[i].cdhash);
		buffer_printf(out, "<key>requirement</key><string>%s</string></dict>",
			      wish->nested[i].requirement ? wish->nested[i].requirement
							  : "anchor apple");
	}
	buffer_text(out, "</dict>");
}

static void seal_write(const struct bundle_tree *t, const struct bundle_wish *wish,
		       struct buffer *out)
{
	buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
			 "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
			 "<plist version=\"1.0\"><dict>");
	files_seal(out, t, wish, true);
	if (!wish->old_only)
		files_seal(out, t, wish, false);
	buffer_text(out, "<key>rules</key><dict>" RULES_OLD "</dict>");
	if (!wish->old_only)
		buffer_printf(out, "<key>rules2</key><dict>%s</dict>",
			      wish->rules ? wish->rules : RULES_NEW);
	buffer_text(out, "</dict></plist>\n");
}

static const char *joined(struct forge *f, const char *base, const char *name)
{
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;

	buffer_printf(&path, "%s%s", base, name);
	buffer_char(&path, '\0');
	return (const char *)forge_keep(f, buffer_span(&path)).ptr;
}

void bundle_sign(struct forge *f, struct bundle_tree *t, const struct bundle_wish *given)
{
	struct bundle_wish wish = *given;
	struct forge_code code = { 0 };
	struct buffer *info, *seal, *program;
	const char *name;

	wish.base = wish.base ? wish.base : "Contents/";
	wish.executable = wish.executable ? wish.executable : "MacOS/prog";
	wish.info = wish.info ? wish.info : "Info.plist";
	code.identifier = wish.identifier ? wish.identifier : "forge.app";
	name = strrchr(wish.executable, '/');
	info = bundle_put(t, joined(f, wish.base, wish.info));
	buffer_printf(info,
		      "<plist version=\"1.0\"><dict><key>CFBundleExecutable</key>"
		      "<string>%s</string><key>CFBundleIdentifier</key>"
		      "<string>%s</string></dict></plist>",
		      name ? &name[1] : wish.executable, code.identifier);
	program = bundle_put(t, joined(f, wish.base, wish.executable));
	seal = wish.unsealed
		       ? NULL
		       : bundle_put(t, joined(f, wish.base, "_CodeSignature/CodeResources"));
	/* A new file may have moved nothing, for the tree has its room. */
	if (seal)
		seal_write(t, &wish, seal);
	code.info = buffer_span(info);
	code.resources = seal ? buffer_span(seal) : SPAN_NONE;
	forge_macho_make(&(struct forge_macho){ .seed = strlen(code.identifier) }, program);
	code.flags = wish.adhoc ? MACHO_ADHOC : 0;
	if (wish.adhoc)
		forge_macho_sign(&code, program);
	else
		forge_macho_sign_by(f, &code, &(struct forge_apple){ .agility = true },
				    program);
}

struct span bundle_cdhash(struct forge *f, const struct buffer *file)
{
	struct range d = forge_macho_blob(file, 0);
	struct span whole = span_clip(buffer_span(file), d.off, d.len);
	struct forge_digest digest = forge_digest_of("SHA256", &whole, 1);

	return forge_keep(f, span_clip(forge_digest_span(&digest), 0, 20));
}

/* Every folder on the way. */
static void folders_make(char *path)
{
	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			forge_fail("mkdir");
		path[i] = '/';
	}
}

void bundle_write(const struct bundle_tree *t, const char *folder)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct bundle_entry *f = &t->files[i];
		char path[PATH_MAX];
		int fd;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, f->path);
		folders_make(path);
		if (f->target) {
			if (symlink(f->target, path) != 0)
				forge_fail("symlink");
			continue;
		}
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, f->bytes.bytes, f->bytes.len) != (ssize_t)f->bytes.len)
			forge_fail("write");
		(void)close(fd);
	}
}
