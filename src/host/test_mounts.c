/* SPDX-License-Identifier: MIT */
/* The kernel's table of mounts, and what is made of it. */
#include "host/mounts.h"

#include "base/span_search.h"
#include "tests/check.h"
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char table_text[] =
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"23 22 0:21 / /proc rw - proc proc rw\n"
	"24 22 0:22 / /tmp rw shared:5 master:2 - tmpfs tmpfs rw,size=1g\n"
	"26 22 0:40 / /mnt/a\\040b\\134c rw - fuse.sshfs host: rw,user_id=1000,group_id=100\n"
	"27 22 0:41 / /merged rw - overlay overlay "
	"rw,lowerdir=/a,upperdir=/u\\134\\054p\\040,workdir=/w\n"
	"28 22 0:42 / /new rw - whatfs none rw\n"
	"31 26 0:44 / /mnt/a\\040b\\134c/in rw - tmpfs in\\040it rw\n"
	"32 22 0:45 / /mnt/a\\040b rw - tmpfs beside rw\n"
	"nonsense\n"
	"29 22 x:1 / /bad rw - ext4 none rw\n"
	"30 22 0:43 / /cut rw";

static const struct {
	unsigned major, minor;
	const char *point;
	enum mount_kind kind;
	bool leads;
	const char *source;
} rows[] = {
	{0,  21, "/proc",          MOUNT_SYSTEM,  true,  "proc"     },
	{ 0, 22, "/tmp",           MOUNT_MEMORY,  true,  "tmpfs"    },
	{ 0, 40, "/mnt/a b\\c",    MOUNT_SERVED,  false, "host:"    },
	{ 0, 41, "/merged",        MOUNT_LAYERED, true,  "overlay"  },
	{ 0, 42, "/new",           MOUNT_UNKNOWN, true,  "none"     },
	{ 0, 44, "/mnt/a b\\c/in", MOUNT_MEMORY,  false, "in it"    },
	{ 0, 45, "/mnt/a b",       MOUNT_MEMORY,  true,  "beside"   },
	{ 8, 1,  "/",              MOUNT_DISK,    true,  "/dev/sda1"},
};

static const struct {
	const char *name;
	bool hides; /* what is run through layers */
} releases[] = {
	{"5.10.0-30-amd64", true },
        { "6.1.0-37-amd64", true },
        { "6.4",            true },
	{ "6.5.0-rc1",      false},
        { "6.12.95",        false},
        { "7.0",            false},
	{ "unknown",        true },
};

/* As whom it was mounted. */
static const struct {
	const char *options;
	uint32_t user, group;
} owners[] = {
	{"rw,user_id=1000,group_id=100",         1000,       100       },
	{ "rw,user_id=0,group_id=0,allow_other", 0,          0         },
	{ "rw,group_id=7,user_id=4294967294",    4294967294, 7         },
	{ "rw,user_id=4294967296,group_id=1x",   UINT32_MAX, UINT32_MAX},
	{ "rw,user_id=99999999999999999999999",  UINT32_MAX, UINT32_MAX},
	{ "rw,xuser_id=0,user_id=,group_id",     UINT32_MAX, UINT32_MAX},
	{ "rw",				  UINT32_MAX, UINT32_MAX},
};

static void test_owners(struct arena *a)
{
	for (size_t i = 0; i < COUNT_OF(owners); i++) {
		char line[256];
		struct mounts m;

		(void)snprintf(line, sizeof(line), "1 0 0:50 / /f rw - fuse.x a %s",
			       owners[i].options);
		CHECK(mounts_parse(a, SPAN_TEXT(line), &m) == STATUS_OK && m.n == 1 &&
			      m.each[0].user == owners[i].user &&
			      m.each[0].group == owners[i].group,
		      "%s", owners[i].options);
	}
}

static const struct {
	const char *path, *point; /* NULL: of nothing that others serve */
} places[] = {
	{"/mnt/a b\\c",       "/mnt/a b\\c"},
	{ "/mnt/a b\\c/x/y",  "/mnt/a b\\c"},
	{ "/mnt/a b\\cd",     NULL         },
	{ "/mnt/a b\\c/in/x", NULL         },
	{ "/tmp/x",           NULL         },
};

static void test_places(const struct mounts *m)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		const struct mount *at = mounts_served(m, places[i].path);

		CHECK(at ? places[i].point && strcmp(at->point, places[i].point) == 0
			 : !places[i].point,
		      "%s", places[i].path);
	}
	CHECK(mounts_reach(m, "/mnt/a b\\c") && !mounts_reach(m, "/mnt/a b\\c/in"),
	      "the way to it, and through it");
}

int main(void)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	int table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct mounts m;
	size_t n;

	CHECK(mounts_parse(&a, SPAN_TEXT(table_text), &m) == STATUS_OK && m.n == COUNT_OF(rows),
	      "each point, and lines without sense not at all: %zu", m.n);
	for (size_t i = 0; i < COUNT_OF(rows) && i < m.n; i++)
		CHECK(m.each[i].dev == makedev(rows[i].major, rows[i].minor) &&
			      strcmp(m.each[i].point, rows[i].point) == 0 &&
			      strcmp(m.each[i].source, rows[i].source) == 0 &&
			      (m.each[i].kind == MOUNT_LAYERED
				       ? strcmp(m.each[i].upper, "/u,p ") == 0
				       : !m.each[i].upper) &&
			      m.each[i].kind == rows[i].kind &&
			      mounts_lead_to(&m, m.each[i].point) == rows[i].leads,
		      "%s", m.each[i].point);
	test_places(&m);
	test_owners(&a);
	CHECK(mounts_parse(
		      &a,
		      SPAN_TEXT("1 0 8:1 / / rw - ext4 a rw\n2 1 8:1 / /home rw - ext4 a rw"),
		      &m) == STATUS_OK &&
		      m.n == 2 && m.each[0].dev == m.each[1].dev,
	      "a file system at two points");
	CHECK(mounts_read(&a, table, &m) == STATUS_OK && m.n > 0, "this machine has %zu", m.n);
	n = m.n;
	CHECK(mounts_read(&a, table, &m) == STATUS_OK && m.n == n, "and again");
	(void)close(table);
	CHECK(mounts_read(&a, table, &m) == STATUS_IO, "a table that is not there");
	arena_free(&a);
	for (size_t i = 0; i < COUNT_OF(releases); i++)
		CHECK(mounts_release_hides(SPAN_TEXT(releases[i].name)) == releases[i].hides,
		      "Linux %s", releases[i].name);
	return CHECK_DONE();
}
