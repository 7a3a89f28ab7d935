/* SPDX-License-Identifier: MIT */
/* Which files are a policy, whose they must be, and which places can be believed. */
#include "store/policy_files.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/assay-policy-XXXXXX";

static void path_of(char out[256], const char *name)
{
	(void)snprintf(out, 256, "%s/%s", root, name);
}

static void put(const char *name, const char *text, unsigned mode)
{
	char path[256];
	FILE *f;

	path_of(path, name);
	f = fopen(path, "w");
	if (!f)
		return;
	(void)fputs(text, f);
	(void)fclose(f);
	(void)chmod(path, mode);
}

static void folder(const char *name)
{
	char path[256];

	path_of(path, name);
	(void)mkdir(path, 0755);
}

static void gone(const char *name)
{
	char path[256];

	path_of(path, name);
	(void)remove(path);
}

static struct policy_from from_root(struct arena *a, enum policy_kind kind)
{
	struct policy_from from = policy_from_system(kind);

	from.folders = (struct believed_folders){ arena_printf(a, "%s/lib", root),
						  arena_printf(a, "%s/run", root),
						  arena_printf(a, "%s/etc", root) };
	from.owner = geteuid();
	return from;
}

static const char *load(struct arena *a, const struct policy_from *from, struct policy *out)
{
	struct policy_problems problems;
	const char *problem = NULL;
	enum status status = policy_load(a, from, &problems, out, &problem);

	if (status == STATUS_OK)
		return "";
	return problem ? problem : problems.n ? problems.list[0].what : status_text(status);
}

static bool rule_is(const struct policy *p, size_t i, const char *name)
{
	return i < p->n_lines &&
	       span_equal(policy_text_at(p, p->lines[i].rule), SPAN_TEXT(name));
}

static void test_system(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 24);
	struct policy_from from = from_root(&a, POLICY_KIND_SERVE);
	struct policy_from guard = from_root(&a, POLICY_KIND_GUARD);
	char path[256];
	struct policy p;

	CHECK(*load(&a, &guard, &p) == 0 && p.n_lines == 5, "nothing but what is built in");
	put("lib/policy", "deny \"vendor\" when size > 1\ndefault deny\n", 0644);
	CHECK(*load(&a, &from, &p) == 0 && rule_is(&p, 0, "vendor"), "the vendor's");
	put("etc/policy", "deny \"admin\" when size > 1\ndefault allow\n", 0644);
	put("lib/policy.d/50-b.policy", "deny \"b\" when size > 2\n", 0644);
	put("lib/policy.d/90-c.policy", "deny \"c\" when size > 3\n", 0644);
	put("etc/policy.d/50-b.policy", "deny \"B\" when size > 2\n", 0644);
	put("etc/policy.d/10-a.policy", "deny \"a\" when size > 2\n", 0644);
	put("etc/policy.d/11-x.conf", "nonsense", 0644);
	CHECK(*load(&a, &from, &p) == 0 && p.n_lines == 5 && rule_is(&p, 0, "admin") &&
		      rule_is(&p, 1, "a") && rule_is(&p, 2, "B") && rule_is(&p, 3, "c") &&
		      rule_is(&p, 4, "default"),
	      "the administrator's hides it, and drop-ins come by name");
	path_of(path, "etc/policy.d/90-c.policy");
	CHECK(symlink("/dev/null", path) == 0 && *load(&a, &from, &p) == 0 && p.n_lines == 4,
	      "a link to /dev/null masks one");
	put("etc/policy.d/10-a.policy", "default deny\n", 0644);
	CHECK(strcmp(load(&a, &from, &p), "a drop-in has no default") == 0,
	      "a drop-in with a default");
	put("etc/policy.d/10-a.policy", "", 0664);
	CHECK(strstr(load(&a, &from, &p), "others may write to this file"),
	      "one that others may write to");
	put("etc/policy.d/10-a.policy", "", 0644);
	from.owner++;
	CHECK(strstr(load(&a, &from, &p), "must belong to root"), "one of somebody else's");
}

static void test_named(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 24);
	struct policy_from from = policy_from_system(POLICY_KIND_EXIT);
	char path[256];
	struct policy p;

	path_of(path, "own");
	from.file = path;
	CHECK(strstr(load(&a, &from, &p), "No such file"), "there is none");
	put("own", "default deny\n", 0644);
	CHECK(*load(&a, &from, &p) == 0 && p.n_lines == 1, "of the user");
	put("own", "default deny\n", 0646);
	CHECK(strstr(load(&a, &from, &p), "others may write"), "others may write to it");
	from.file = root;
	CHECK(strstr(load(&a, &from, &p), "regular file"), "a folder");
	gone("own");
}

/* A path lets pass only where nobody but root can put something. */
static void test_places(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 24);
	struct policy_from from = policy_from_system(POLICY_KIND_GUARD);
	char path[256];
	static const struct {
		const char *text;
		bool fine;
	} rows[] = {
		{"allow \"x\" when path == \"/usr/x-that-is-not\"\n",           true },
		{ "allow \"x\" when path.startsWith(\"/usr/\")\n",              true },
		{ "allow \"x\" when path == \"/tmp/x\"\n",                      false},
		{ "allow \"x\" when path.startsWith(\"/tmp/\")\n",              false},
		{ "allow \"x\" when path.glob(\"/tmp/*/x\")\n",                 false},
		{ "allow \"x\" when path == \"/proc/self/exe\"\n",              false},
		{ "deny \"x\" when path == \"/tmp/x\"\n",                       true },
		{ "audit \"x\" when caller.path in [\"/usr/a\", \"/tmp/b\"]\n", false},
	};
	struct policy p;

	path_of(path, "places");
	from.file = path;
	from.look_at_places = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *why;

		put("places", rows[i].text, 0644);
		why = load(&a, &from, &p);
		CHECK(rows[i].fine == (*why == 0), "%.60s", rows[i].text);
		if (rows[i].fine != (*why == 0))
			printf("# %s\n", why);
	}
	gone("places");
}

int main(void)
{
	static const char *const made[] = {
		"etc/policy.d/10-a.policy",
		"etc/policy.d/11-x.conf",
		"etc/policy.d/50-b.policy",
		"etc/policy.d/90-c.policy",
		"lib/policy.d/50-b.policy",
		"lib/policy.d/90-c.policy",
		"etc/policy.d",
		"lib/policy.d",
		"etc/policy",
		"lib/policy",
		"etc",
		"lib",
	};

	if (!mkdtemp(root))
		return EXIT_FAILURE;
	folder("lib");
	folder("etc");
	folder("lib/policy.d");
	folder("etc/policy.d");
	test_system();
	test_named();
	test_places();
	for (size_t i = 0; i < COUNT_OF(made); i++)
		gone(made[i]);
	(void)rmdir(root);
	return CHECK_DONE();
}
