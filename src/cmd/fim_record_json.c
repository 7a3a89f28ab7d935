/* SPDX-License-Identifier: MIT */
/* A record of a baseline as an object of assay.fim/1. */
#include "base/utf8.h"
#include "cmd/fim_json.h"
#include <inttypes.h>
#include <sys/stat.h>

const char *fim_kind_word(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "folder";
	case S_IFLNK: return "link";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR: return "character-device";
	case S_IFBLK: return "block-device";
	default: return "unknown";
	}
}

/* A file of no known format has no verdict. */
const char *fim_verdict_word(const struct baseline_record *r)
{
	return r->verdict != ASSAY_VERDICT_UNKNOWN ? assay_verdict_word(r->verdict) : NULL;
}

void fim_path_json(struct json *j, const char *key, const char *key_b64, struct span path)
{
	json_span(j, key, path);
	if (!utf8_valid(path))
		json_base64(j, key_b64, path);
}

static void text_json(struct json *j, const char *key, struct span text)
{
	if (text.len > 0)
		json_span(j, key, text);
	else
		json_null(j, key);
}

void fim_hex_json(struct json *j, const char *key, struct span bytes)
{
	if (bytes.len > 0)
		json_hex(j, key, bytes);
	else
		json_null(j, key);
}

static void times_json(struct json *j, const struct baseline_record *r)
{
	json_time(j, "mtime", r->mtime_ns / 1000000000);
	json_time(j, "ctime", r->ctime_ns / 1000000000);
	json_time(j, "read_at", r->read_at_ns / 1000000000);
}

static void holes_json(struct json *j, const struct baseline_record *r)
{
	if ((r->flags & BASELINE_HAS_HOLES) == 0)
		return;
	json_array(j, "uncovered");
	for (size_t i = 0; i < baseline_hole_count(r); i++) {
		struct baseline_hole hole = baseline_hole_at(r, i);

		json_object(j, NULL);
		json_u64(j, "offset", hole.off);
		json_u64(j, "length", hole.len);
		json_end(j);
	}
	json_end(j);
}

/* The ids of @ids that @others have not. */
void fim_findings_json(struct json *j, const char *key, struct span ids, struct span others)
{
	uint64_t at = 0;
	struct span id;

	json_array(j, key);
	while ((id = fim_finding_next(ids, others, &at)).len > 0)
		json_span(j, NULL, id);
	json_end(j);
}

static void judge_json(struct json *j, const struct baseline_record *r)
{
	if (r->engine.len == 0)
		return;
	fim_findings_json(j, "finding_ids", r->findings, SPAN_NONE);
	json_object(j, "judged_by");
	json_span(j, "engine", r->engine);
	json_span(j, "policy", r->policy);
	json_span(j, "trust_store", r->trust_store);
	json_end(j);
}

static void signature_json(struct json *j, const struct baseline_record *r)
{
	json_text(j, "verdict", fim_verdict_word(r));
	text_json(j, "rule", r->rule);
	text_json(j, "format", r->format);
	if (r->version.len > 0)
		json_span(j, "version", r->version);
	json_text(j, "presence", assay_presence_word(r->presence));
	json_text(j, "binding", assay_binding_word(r->binding));
	json_text(j, "signature", assay_signature_word(r->signature));
	json_text(j, "trust", assay_trust_word(r->trust));
	text_json(j, "trust_reason", r->reason);
	text_json(j, "signer", r->signer);
	fim_hex_json(j, "signer_spki", r->signer_spki);
	fim_hex_json(j, "anchor_spki", r->anchor_spki);
	text_json(j, "signed_digest", r->covered);
	if (r->flags & BASELINE_HAS_SIGNED_AT)
		json_time(j, "signed_at", r->signed_at);
	holes_json(j, r);
	judge_json(j, r);
}

/* In hex: what a file system calls itself, or what the kernel calls it. */
static bool volume_json(struct json *j, const struct baseline_volume *volumes, size_t n,
			uint64_t dev)
{
	static const uint8_t none[16];

	for (size_t i = 0; i < n; i++) {
		CLEANUP(buffer_free) struct buffer id = BUFFER_INIT;

		if (volumes[i].dev != dev)
			continue;
		json_object(j, "file_system");
		if (!span_equal(SPAN_OF(volumes[i].uuid), SPAN_OF(none)))
			json_hex(j, "uuid", SPAN_OF(volumes[i].uuid));
		buffer_printf(&id, "%016" PRIx64, volumes[i].id);
		json_span(j, "id", buffer_span(&id));
		json_end(j);
		return true;
	}
	return false;
}

/* A record of before may have been told by the number that its file system has now. */
static void place_json(struct json *j, const struct baseline_record *r,
		       const struct fim_paper *paper)
{
	json_u64(j, "inode", r->ino);
	if (r->flags & BASELINE_HAS_GENERATION)
		json_u64(j, "generation", r->generation);
	if (r->dev == FIM_VOLUME_GONE)
		return;
	json_u64(j, "device", r->dev);
	if (paper->now && volume_json(j, paper->now->each, paper->now->n, r->dev))
		return;
	if (paper->was)
		(void)volume_json(j, paper->was->volumes, paper->was->n_volumes, r->dev);
}

void fim_record_json(struct json *j, const char *key, const struct baseline_record *r,
		     const struct fim_paper *paper)
{
	if (r->path.len == 0) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	fim_path_json(j, "path", "path_b64", r->path);
	json_text(j, "kind", fim_kind_word(r->mode));
	json_u64(j, "mode", r->mode & 07777);
	json_u64(j, "uid", r->uid);
	json_u64(j, "gid", r->gid);
	json_u64(j, "nlink", r->nlink);
	place_json(j, r, paper);
	json_u64(j, "size", r->size);
	times_json(j, r);
	json_bool(j, "immutable", (r->flags & BASELINE_IMMUTABLE) != 0);
	json_bool(j, "append_only", (r->flags & BASELINE_APPEND_ONLY) != 0);
	json_bool(j, "outside", (r->flags & BASELINE_OUTSIDE) != 0);
	if (r->link.len > 0)
		fim_path_json(j, "link", "link_b64", r->link);
	if (r->capability.len > 0)
		json_hex(j, "capability", r->capability);
	if (r->ima.len > 0)
		json_hex(j, "ima", r->ima);
	if (r->label.len > 0)
		fim_path_json(j, "label", "label_b64", r->label);
	if (r->flags & BASELINE_HAS_XATTRS)
		json_hex(j, "xattrs_sha256", SPAN_OF(r->xattrs));
	if (r->flags & BASELINE_HAS_SHA256) {
		json_hex(j, "sha256", SPAN_OF(r->sha256));
		signature_json(j, r);
	}
	json_end(j);
}
