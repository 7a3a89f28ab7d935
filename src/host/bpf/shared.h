/* SPDX-License-Identifier: MIT */
/*
 * What programs in the kernel and the daemon say to each other: contents of maps that are
 * pinned, and so outlive both.  Who finds maps of another layout takes them away.
 */
#pragma once
#include <linux/types.h>

#define TIER_A_PATH_MAX 512
#define TIER_A_DEAD_NS  10000000000ULL /* without a beat, then nobody is there any more */
#define TIER_A_SWITCH_NS                                                                       \
	2000000000ULL /* what the last policy decided may still be under way                   \
		       */
#define TIER_A_DENIALS (1 << 17)
#define TIER_A_PLACES  8192
#define TIER_A_RECORDS (1 << 19) /* bytes */

enum tier_a_verdict {
	TIER_A_UNKNOWN,
	TIER_A_ALLOWED, /* under .epoch, and as long as it has been opened .writes times to
			   write */
	TIER_A_DENIED,  /* until somebody vets it again, whatever is written to it */
	TIER_A_OWN,     /* of the guard itself; as .writes says, whatever the policy is */
};

/* Of an inode. */
struct tier_a_word {
	__u32 verdict; /* enum tier_a_verdict */
	__u32 reserved;
	__u64 epoch, writes;
};

/* An inode, also when the kernel has forgotten it. */
struct tier_a_key {
	__u64 ino;
	__u32 dev, generation; /* inside: no number of stat(2), which names subvolumes */
};

/* What the kernel sees of an inode; zeros: it has not been looked at. */
struct tier_a_seen {
	__u64 writes, last_ns; /* how often it was opened to be changed, and when last */
	struct tier_a_key key; /* .dev 0: not known, or of no file system that is guarded */
	__u32 layered;         /* .key is that of the real file below */
	__u32 reserved;
};

enum tier_a_mode { TIER_A_OFF, TIER_A_LEARN, TIER_A_DENYLIST, TIER_A_ALLOWLIST };
/* What the policy says of programs in memory. */
enum tier_a_memory {
	TIER_A_MEMORY_OFF, /* it is not for us to say */
	TIER_A_MEMORY_ALLOW,
	TIER_A_MEMORY_RECORD, /* allowed, and somebody wants to know */
	TIER_A_MEMORY_DENY,
};

struct tier_a_rule {
	__u64 epoch, before; /* that counts, and the one that did */
	__u64 since_ns;      /* CLOCK_MONOTONIC */
	__u32 mode, memory;
	__u32 libraries; /* also of what only root can write to, nothing is mapped unvetted */
	__u32 reserved;
};

enum tier_a_what {
	TIER_A_EXEC,
	TIER_A_LEVEL, /* the script, the interpreter, ... of an exec */
	TIER_A_MAP,
	TIER_A_PROTECT,
	TIER_A_WRITE, /* no question: what was vetted is opened to be changed */
};

struct tier_a_record {
	__u32 what;   /* enum tier_a_what */
	__u32 denied; /* and this was the answer */
	__u32 known;  /* by a verdict, else nobody had vetted it as it is */
	__u32 pid, uid;
	__u32 dev, generation;
	__s32 path_len; /* with its zero, as the caller sees it; else an error */
	__u64 ino;
	__u64 address; /* in the caller, where it is mapped already; TIER_A_PROTECT */
	char path[TIER_A_PATH_MAX];
};
