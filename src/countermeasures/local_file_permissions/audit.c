/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/audit.h"

#include "base/buffer.h"
#include "countermeasures/local_file_permissions/chain.h"
#include "countermeasures/local_file_permissions/facts.h"
#include "host/acl.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXEC_BITS   00111U
#define SET_IDS     06000U
#define FOLDER_WEAK 1 /* in fts_number: somebody else may change what is in it */
#define FOLDER_TOLD 2

struct audit {
	struct permit_findings *list;
	const struct permit_audit_options *options;
	const struct permit_ledger *ledger;
	struct permit_privileged *privileged;
};

static const char *keep(struct audit *audit, const char *text)
{
	return arena_printf(audit->list->arena, "%s", text);
}

static struct span acl_of(const char *path, uint8_t *value, size_t room)
{
	ssize_t n = lgetxattr(path, OBJECT_XATTR_ACL, value, room);

	return n > 0 ? (struct span){ value, (size_t)n } : SPAN_NONE;
}

/* Only who has write bits in the group's place can have an ACL that lets others write. */
static bool others_write(const char *path, const struct stat *st)
{
	uint8_t value[ACL_MAX_BYTES];
	struct span acl =
		st->st_mode & S_IWGRP ? acl_of(path, value, sizeof(value)) : SPAN_NONE;

	return permit_others_write(st, acl, st->st_uid);
}

static const char *mode_text(struct audit *audit, const struct stat *st)
{
	return arena_printf(audit->list->arena, "mode %04o, owner %u:%u", st->st_mode & 07777,
			    st->st_uid, st->st_gid);
}

static void folder_look(struct audit *audit, FTSENT *e)
{
	const struct stat *st = e->fts_statp;

	e->fts_number = others_write(e->fts_accpath, st) ? FOLDER_WEAK : 0;
	/* What lies below a weak folder is weak too. */
	if (e->fts_parent && (e->fts_parent->fts_number & FOLDER_WEAK))
		e->fts_number = FOLDER_WEAK | FOLDER_TOLD;
	if ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX))
		permit_finding_add(audit->list, "permit.folder-not-sticky",
				   keep(audit, e->fts_path), "the sticky bit",
				   mode_text(audit, st), st->st_ctim.tv_sec);
}

/*
 * Nobody but root sets the time of a change: who made a copy, renamed it or changed its
 * rights after the restriction did so knowing of it, or may have; who did before did not.
 */
static void copy_tell(struct audit *audit, const FTSENT *e, const struct permit_operation *op)
{
	int64_t changed = e->fts_statp->st_ctim.tv_sec;

	permit_finding_add(audit->list,
			   changed < op->time ? "permit.restriction-covers-no-copy"
					      : "permit.restriction-evaded",
			   keep(audit, e->fts_path), NULL,
			   arena_printf(audit->list->arena, "a copy of %s", op->intent.path),
			   changed);
}

/* Is it a copy of what was restricted?  Read only if its size says that it may be. */
static void copy_look(struct audit *audit, const FTSENT *e)
{
	const struct permit_ledger *l = audit->ledger;
	const struct stat *st = e->fts_statp;
	uint8_t sha256[32];
	bool read = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct permit_intent *o = &l->operations[i].intent;

		if (!permit_active(&l->operations[i]) || !o->has_sha256 ||
		    o->identity.size != (uint64_t)st->st_size ||
		    (o->identity.dev == st->st_dev && o->identity.ino == st->st_ino))
			continue;
		if (!read) {
			int fd = open(e->fts_accpath,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

			read = fd >= 0 && permit_file_digest(fd, false, sha256, sizeof(sha256));
			if (fd >= 0)
				(void)close(fd);
			if (!read) {
				audit->list->n_unknown++;
				return;
			}
		}
		if (span_equal(SPAN_OF(sha256), SPAN_OF(o->sha256))) {
			copy_tell(audit, e, &l->operations[i]);
			return;
		}
	}
}

static void privileged_look(struct audit *audit, const FTSENT *e)
{
	bool has = (e->fts_statp->st_mode & SET_IDS) != 0 ||
		   lgetxattr(e->fts_accpath, OBJECT_XATTR_CAPABILITY, NULL, 0) > 0;
	struct permit_privileged *p = audit->privileged;
	char *real;

	if (!has)
		return;
	if (p->n == PERMIT_MAX_PRIVILEGED) {
		audit->list->n_unknown++;
		return;
	}
	/* The walk changes folders as it goes: the name counts from where it began. */
	real = realpath(e->fts_accpath, NULL);
	p->paths[p->n] = real ? keep(audit, real) : NULL;
	if (p->paths[p->n])
		p->n++;
	free(real);
}

static void file_look(struct audit *audit, const FTSENT *e)
{
	const struct stat *st = e->fts_statp;
	FTSENT *folder = e->fts_parent;

	if (audit->ledger->n)
		copy_look(audit, e);
	if (!(st->st_mode & EXEC_BITS))
		return;
	privileged_look(audit, e);
	if (others_write(e->fts_accpath, st))
		permit_finding_add(audit->list, "permit.writable-by-others",
				   keep(audit, e->fts_path), "only its owner",
				   mode_text(audit, st), st->st_ctim.tv_sec);
	else if (folder && folder->fts_number == FOLDER_WEAK) {
		folder->fts_number |= FOLDER_TOLD;
		permit_finding_add(
			audit->list, "permit.writable-by-others", keep(audit, e->fts_path),
			"a folder that only its owner may change",
			mode_text(audit, folder->fts_statp), folder->fts_statp->st_ctim.tv_sec);
	}
}

static bool excluded(const struct audit *audit, const FTSENT *e)
{
	const char *const *globs = audit->options->exclude;

	for (size_t i = 0; e->fts_level > 0 && globs && globs[i]; i++)
		if (fnmatch(globs[i], e->fts_name, 0) == 0 ||
		    fnmatch(globs[i], e->fts_path, 0) == 0)
			return true;
	return false;
}

static void entry_look(struct audit *audit, FTS *tree, FTSENT *e)
{
	if (e->fts_info != FTS_DP && excluded(audit, e)) {
		(void)fts_set(tree, e, FTS_SKIP);
		return;
	}
	switch (e->fts_info) {
	case FTS_D:
		audit->list->n_looked++;
		folder_look(audit, e);
		break;
	case FTS_F:
		audit->list->n_looked++;
		file_look(audit, e);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		if (e->fts_errno != ENOENT)
			audit->list->n_unknown++;
		break;
	default: break; /* links, devices, the second visit of a folder */
	}
}

static int name_order(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

enum status permit_audit_tree(struct permit_findings *list, const char *path,
			      const struct permit_audit_options *options,
			      const struct permit_ledger *ledger,
			      struct permit_privileged *privileged)
{
	struct audit audit = { list, options, ledger, privileged };
	char *real = realpath(path, NULL);
	char *roots[] = { real, NULL };
	const char *weak;
	struct stat st;
	FTS *tree;
	FTSENT *e;

	if (!real)
		return STATUS_IO;
	if (stat(real, &st) == 0) {
		weak = permit_chain_weak(list->arena, real, st.st_uid, false);
		if (weak)
			permit_finding_add(list, "permit.writable-by-others",
					   keep(&audit, real),
					   "folders that only its owner may change", weak, 0);
	}
	tree = fts_open(roots, FTS_PHYSICAL | (options->one_file_system ? FTS_XDEV : 0),
			name_order);
	free(real);
	if (!tree)
		return STATUS_IO;
	errno = 0;
	while ((e = fts_read(tree)) != NULL)
		entry_look(&audit, tree, e);
	if (errno)
		list->n_unknown++;
	(void)fts_close(tree);
	return STATUS_OK;
}
