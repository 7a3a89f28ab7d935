/* SPDX-License-Identifier: MIT */
/*
 * What the kernel itself does for the guard: it compares what is to be run with what was
 * decided, and sees every opening that can change a vetted file.
 *
 * Follows: Documentation/bpf/prog_lsm.rst, map_lsm (inode storage), security/security.h
 * hooks of Linux 6.1 and later.  Built by clang for the target bpf; the loader is
 * host/tier_a.c.
 */
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/version.h>
#include <stdbool.h>

#include "host/bpf/kernel_types.h"
#include "host/bpf/shared.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM  1
#define EAGAIN 11

#define LAYERS 2 /* that the kernel lets stand upon each other */

enum { BEAT, FLUSH, BEATS };

/* Believed by the verifier: what is for another kernel is not even looked at. */
extern int LINUX_KERNEL_VERSION __kconfig;

/* Helpers of the GPL are called. */
const char terms[] SEC("license") = "Dual MIT/GPL";

/* Written by the daemon only, by descriptor of the file. */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, int);
	__type(value, struct tier_a_word);
} verdicts SEC(".maps");

/*
 * How often an inode was opened to be written to, or cut, since the daemon began to look at
 * it.  Apart from the verdict: nobody can take a number back with a verdict that is late.
 * And which inode it is, for whoever vets it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, int);
	__type(value, struct tier_a_seen);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TIER_A_DENIALS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tier_a_key);
	__type(value, __u64);
} denials SEC(".maps");

/* Numbers of the file systems that are guarded, as the kernel writes them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TIER_A_PLACES);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u32);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct tier_a_rule);
} rules SEC(".maps");

/* When the supervisor last went round; when the kernel last forgot what it need not ask. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BEATS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
} beats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TIER_A_RECORDS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} records SEC(".maps");

static __always_inline const struct tier_a_rule *rule_now(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&rules, &first);
}

static __always_inline bool is_alive(void)
{
	__u32 which = BEAT;
	const __u64 *beat = bpf_map_lookup_elem(&beats, &which);

	return beat && *beat + TIER_A_DEAD_NS > bpf_ktime_get_ns();
}

static __always_inline struct tier_a_key key_of(struct inode *inode)
{
	return (struct tier_a_key){ .ino = inode->i_ino,
				    .dev = inode->i_sb->s_dev,
				    .generation = inode->i_generation };
}

/* What is asked about; .area: where it is mapped already, TIER_A_PROTECT only. */
struct asked {
	struct file *file;
	struct vm_area_struct *area;
	enum tier_a_what what;
};

/* What happens besides the answer is told once, and by nobody who waits. */
static __always_inline void record(const struct asked *of, bool known, bool denied)
{
	struct tier_a_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	struct inode *inode = of->file->f_inode;

	if (!r)
		return;
	r->what = of->what;
	r->denied = denied;
	r->known = known;
	r->pid = bpf_get_current_pid_tgid() >> 32;
	r->uid = (__u32)bpf_get_current_uid_gid();
	r->ino = inode->i_ino;
	r->dev = inode->i_sb->s_dev;
	r->generation = inode->i_generation;
	/* Only where a program may sleep can it ask for a path. */
	r->address = of->what == TIER_A_PROTECT ? of->area->vm_start : 0;
	r->path_len = of->what == TIER_A_PROTECT
			      ? 0
			      : (__s32)bpf_d_path(&of->file->f_path, r->path, sizeof(r->path));
	bpf_ringbuf_submit(r, 0);
}

/* What was denied before the kernel forgot its inode still is. */
static __always_inline bool is_recalled(struct inode *inode)
{
	struct tier_a_word denied = { .verdict = TIER_A_DENIED };
	struct tier_a_key key = key_of(inode);

	if (!bpf_map_lookup_elem(&denials, &key))
		return false;
	(void)bpf_inode_storage_get(&verdicts, inode, &denied, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return true;
}

/* Is it still what was allowed, by the policy that counts? */
static __always_inline bool is_fresh(const struct tier_a_rule *rule,
				     const struct tier_a_word *word, struct inode *inode)
{
	const struct tier_a_seen *now = bpf_inode_storage_get(&seen, inode, 0, 0);

	if (word->verdict == TIER_A_DENIED || !now || now->writes != word->writes)
		return false;
	return word->verdict == TIER_A_OWN || word->epoch == rule->epoch ||
	       (word->epoch == rule->before &&
		bpf_ktime_get_ns() < rule->since_ns + TIER_A_SWITCH_NS);
}

/* Says with @holder that it is @inode, or that this is the real one below it. */
static __always_inline void name(struct inode *holder, struct inode *inode, bool layered)
{
	struct tier_a_seen fresh = { .key = key_of(inode), .layered = layered };
	struct tier_a_seen *known;

	if (!bpf_map_lookup_elem(&places, &fresh.key.dev))
		return;
	known = bpf_inode_storage_get(&seen, holder, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!known)
		return;
	known->key = fresh.key;
	known->layered = fresh.layered;
}

/* No file of a file system that somebody mounted: memfd_create(2). */
static __always_inline bool is_in_memory(struct inode *inode)
{
	return inode->i_nlink == 0 && (inode->i_sb->s_flags & SB_KERNMOUNT);
}

/* Is it root alone who decides what its bytes are? */
static __always_inline bool is_roots(struct inode *inode)
{
	return inode->i_uid.val == 0 && !(inode->i_mode & (S_IWGRP | S_IWOTH));
}

/*
 * Nobody vetted it as it is: does the mode refuse that?  Nobody is asked before a library is
 * mapped: those of the host are vetted once they are, lest nothing starts any more.
 */
static __always_inline bool is_refused(const struct tier_a_rule *rule, enum tier_a_what what,
				       struct inode *inode, bool in_memory)
{
	if (rule->mode == TIER_A_LEARN || !is_alive())
		return false;
	if (in_memory)
		return rule->memory == TIER_A_MEMORY_DENY;
	return rule->mode == TIER_A_ALLOWLIST && (what == TIER_A_EXEC || what == TIER_A_LEVEL ||
						  rule->libraries || !is_roots(inode));
}

/* The verifier believes constants only: no arithmetic may be made of it. */
static __always_inline int answer(bool refused)
{
	if (!refused)
		return 0;
	__asm__ volatile("");
	return -EPERM;
}

/* What @open has opened, if it is a file; the magic number of its file system. */
static __always_inline unsigned long key_read(const struct file *open, struct tier_a_key *key)
{
	struct inode *inode = BPF_CORE_READ(open, f_inode);
	struct super_block *fs = BPF_CORE_READ(inode, i_sb);

	key->ino = BPF_CORE_READ(inode, i_ino);
	key->generation = BPF_CORE_READ(inode, i_generation);
	key->dev = BPF_CORE_READ(fs, s_dev);
	return BPF_CORE_READ(fs, s_magic);
}

/*
 * The real file below a layered one.  The kernel shows it to nobody: it is what the layered
 * one holds, or, since Linux 6.13, the first thing in that.
 */
static __always_inline bool is_below(struct file *layered, struct tier_a_key *key)
{
	const struct file *held = (const struct file *)layered->private_data;

#pragma unroll
	for (int i = 0; i < LAYERS; i++) {
		unsigned long magic = key_read(held, key);

		if (bpf_map_lookup_elem(&places, &key->dev))
			return true;
		if (magic != OVERLAYFS_SUPER_MAGIC) {
			if (bpf_probe_read_kernel(&held, sizeof(held), held) != 0)
				return false;
			magic = key_read(held, key);
			if (bpf_map_lookup_elem(&places, &key->dev))
				return true;
		}
		held = (const struct file *)BPF_CORE_READ(held, private_data);
	}
	return false;
}

/* Of layers only what is known to be bad is refused: no verdict can be kept with the file. */
static __always_inline int judge_layered(const struct asked *of, const struct tier_a_rule *rule)
{
	struct tier_a_key key = { 0 };

	if (!is_below(of->file, &key) || !bpf_map_lookup_elem(&denials, &key))
		return 0;
	record(of, true, rule->mode != TIER_A_LEARN);
	return answer(rule->mode != TIER_A_LEARN);
}

/* It is not what was allowed: is it any of our business, and known to be bad? */
static __always_inline int judge_other(const struct asked *of, const struct tier_a_rule *rule,
				       const struct tier_a_word *word)
{
	enum tier_a_what what = of->what;
	struct inode *inode = of->file->f_inode;
	__u32 dev = inode->i_sb->s_dev;
	bool denied, refused;
	bool in_memory = what != TIER_A_MAP && what != TIER_A_PROTECT && is_in_memory(inode) &&
			 rule->memory != TIER_A_MEMORY_OFF;

	if (inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return judge_layered(of, rule);
	if (!in_memory && !bpf_map_lookup_elem(&places, &dev))
		return 0;
	denied = word ? word->verdict == TIER_A_DENIED : is_recalled(inode);
	if (!denied && in_memory && rule->memory == TIER_A_MEMORY_ALLOW)
		return 0;
	refused =
		denied ? rule->mode != TIER_A_LEARN : is_refused(rule, what, inode, in_memory);
	/* Whoever vets it now has not seen it opened to be run. */
	name(inode, inode, false);
	record(of, denied, refused);
	return answer(refused);
}

static __always_inline int judge(const struct asked *of)
{
	const struct tier_a_rule *rule = rule_now();
	const struct tier_a_word *word;

	if (!rule || rule->mode == TIER_A_OFF)
		return 0;
	word = bpf_inode_storage_get(&verdicts, of->file->f_inode, 0, 0);
	if (word && is_fresh(rule, word, of->file->f_inode))
		return 0;
	return judge_other(of, rule, word);
}

static __always_inline int judge_file(struct file *file, enum tier_a_what what)
{
	return judge(&(struct asked){ .file = file, .what = what });
}

/* Writers are kept away already: what is compared here is what runs. */
SEC("lsm.s/bprm_creds_for_exec")
int BPF_PROG(judge_exec, struct linux_binprm *bprm)
{
	return judge_file(bprm->file, TIER_A_EXEC);
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(judge_level, struct linux_binprm *bprm)
{
	/* The first level is what judge_exec() has just seen. */
	return bprm->interp == bprm->filename ? 0 : judge_file(bprm->file, TIER_A_LEVEL);
}

SEC("lsm.s/mmap_file")
int BPF_PROG(judge_map, struct file *file, unsigned long asked, unsigned long prot)
{
	return file && (prot & PROT_EXEC) ? judge_file(file, TIER_A_MAP) : 0;
}

SEC("lsm/file_mprotect")
int BPF_PROG(judge_protect, struct vm_area_struct *area, unsigned long asked,
	     unsigned long prot)
{
	struct file *file = area->vm_file;

	return file && (prot & PROT_EXEC) && !(area->vm_flags & VM_EXEC)
		       ? judge(&(struct asked){ file, area, TIER_A_PROTECT })
		       : 0;
}

/* From here on it may change; true: what was allowed is so no more. */
static __always_inline bool is_opened(struct inode *inode)
{
	const struct tier_a_word *word;
	struct tier_a_seen *now = bpf_inode_storage_get(&seen, inode, 0, 0);
	__u64 before;

	if (!now)
		return false;
	before = now->writes;
	now->last_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&now->writes, 1);
	word = bpf_inode_storage_get(&verdicts, inode, 0, 0);
	return word && word->verdict == TIER_A_ALLOWED && word->writes == before;
}

/*
 * Opened to be changed since it was vetted, and the kernel may still think that it need not
 * ask: for a moment it cannot be run.  Also below layered file systems, whose own files are
 * not looked at: they open the real one to run it.
 */
static __always_inline bool is_unflushed(const struct tier_a_seen *now)
{
	const struct tier_a_rule *rule = rule_now();
	const __u64 *flush;
	__u32 which = FLUSH;

	flush = bpf_map_lookup_elem(&beats, &which);
	return flush && rule && now->last_ns >= *flush && rule->mode > TIER_A_LEARN &&
	       is_alive();
}

/*
 * Linux before 6.5 opens the real file below a layered one in the name of that, and whoever is
 * asked is given the layered one.
 */
static __always_inline void see_below(struct file *file)
{
	struct inode *layered;

	if (LINUX_KERNEL_VERSION >= KERNEL_VERSION(6, 5, 0))
		return;
	layered = file->f_path.dentry->d_inode;
	if (layered != file->f_inode)
		name(layered, file->f_inode, true);
}

/* It is opened to be run. */
static __always_inline int see_run(struct file *file)
{
	struct inode *inode = file->f_inode;
	const struct tier_a_word *word = bpf_inode_storage_get(&verdicts, inode, 0, 0);
	const struct tier_a_seen *now = NULL;

	if (word && word->verdict == TIER_A_ALLOWED)
		now = bpf_inode_storage_get(&seen, inode, 0, 0);
	if (!now || now->key.dev == 0)
		name(inode, inode, false);
	/* By the number alone: a verdict may come later than who changes what it was of. */
	if (!now || now->writes == word->writes || !is_unflushed(now))
		return 0;
	/* Told again, should that have been lost. */
	record(&(struct asked){ .file = file, .what = TIER_A_WRITE }, true, true);
	return -EAGAIN;
}

/* The writer counts before a lease can be had, and waits for one that is held after this. */
SEC("lsm.s/file_open")
int BPF_PROG(see_open, struct file *file)
{
	see_below(file);
	if (!(file->f_mode & FMODE_WRITE))
		return file->f_flags & FMODE_EXEC ? see_run(file) : 0;
	if (is_opened(file->f_inode))
		record(&(struct asked){ .file = file, .what = TIER_A_WRITE }, true, false);
	return 0;
}

/* The hook got one more argument before the others in Linux 6.9. */
SEC("lsm.s/inode_setattr")
int BPF_PROG(see_size_2, struct dentry *entry, struct iattr *change)
{
	if (change->ia_valid & ATTR_SIZE)
		(void)is_opened(entry->d_inode);
	return 0;
}

SEC("lsm.s/inode_setattr")
int BPF_PROG(see_size_3, void *map, struct dentry *entry, struct iattr *change)
{
	if (change->ia_valid & ATTR_SIZE)
		(void)is_opened(entry->d_inode);
	return 0;
}

/* What is denied stays so when the kernel forgets its inode, unless the file is gone. */
SEC("lsm/inode_free_security")
void BPF_PROG(keep_denied, struct inode *inode)
{
	const struct tier_a_word *word = bpf_inode_storage_get(&verdicts, inode, 0, 0);
	struct tier_a_key key;
	__u64 now;

	if (inode->i_nlink > 0 && (!word || word->verdict != TIER_A_DENIED))
		return;
	key = key_of(inode);
	now = bpf_ktime_get_ns();
	if (inode->i_nlink > 0)
		(void)bpf_map_update_elem(&denials, &key, &now, BPF_ANY);
	else
		(void)bpf_map_delete_elem(&denials, &key);
}

/* Asked before all of this is believed to work. */
SEC("lsm/bprm_creds_for_exec")
int BPF_PROG(refuse_marked, struct linux_binprm *bprm)
{
	const struct tier_a_word *word =
		bpf_inode_storage_get(&verdicts, bprm->file->f_inode, 0, 0);

	return answer(word && word->verdict == TIER_A_DENIED);
}
