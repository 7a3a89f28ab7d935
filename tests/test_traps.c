/* SPDX-License-Identifier: MIT */
/* Every trap of the forge, through the whole house: the word, the axes, the findings. */
#include "tests/check.h"
#include "tests/court.h"

#include <time.h>

#define SLOW_MS 2000 /* no file may cost more, whatever it is made for */

/* Is @word one of the words of @list? */
static bool listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at && (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

/* Every finding that is listed is there; every one that is worse than info is listed. */
static bool findings_agree(const struct report *r, const char *list)
{
	char copy[512] = "", *id, *rest = copy;
	bool agree = true;

	(void)snprintf(copy, sizeof(copy), "%s", list ? list : "");
	while ((id = strsep(&rest, " ")))
		if (*id && !court_has(r, id)) {
			printf("# no finding %s\n", id);
			agree = false;
		}
	for (size_t i = 0; i < r->n_findings; i++)
		if (r->findings[i].severity > ASSAY_SEVERITY_INFO &&
		    !listed(list, r->findings[i].id)) {
			printf("# finding %s: %s, expected %s\n", r->findings[i].id,
			       r->findings[i].observed ? r->findings[i].observed : "-",
			       r->findings[i].expected ? r->findings[i].expected : "-");
			agree = false;
		}
	return agree;
}

static bool axis_agrees(const char *axis, const char *wanted, const char *found)
{
	if (!wanted || strcmp(wanted, found) == 0)
		return true;
	printf("# %s %s, wanted %s\n", axis, found, wanted);
	return false;
}

static bool axes_agree(const struct report *r, const struct forge_trap *t)
{
	const struct report_signature *s;
	bool agree;

	if (r->decisive < 0)
		return axis_agrees("signature", t->signature, "absent");
	s = &r->signatures[r->decisive];
	if (s->problem)
		printf("# %s\n", s->problem);
	if (s->trust_reason)
		printf("# %s\n", s->trust_reason);
	agree = axis_agrees("binding", t->binding, assay_binding_word(s->binding));
	agree &= axis_agrees("signature", t->signature, assay_signature_word(s->signature));
	return agree & axis_agrees("trust", t->trust, assay_trust_word(s->trust));
}

static bool word_agrees(const struct report *r, const struct forge_trap *t)
{
	const char *word = assay_verdict_word(r->verdict);

	if (strcmp(word, t->verdict) == 0 || (t->also && strcmp(word, t->also) == 0))
		return true;
	printf("# %s (%s), wanted %s\n", word, r->rule, t->verdict);
	return false;
}

static long cpu_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void trap_judge(struct court *c, struct forge *f, const struct forge_trap *t)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct report *r;
	long begin, ms;
	bool agree;

	forge_trap_make(f, t, &file);
	begin = cpu_ms();
	r = court_judge_trap(c, t, buffer_span(&file));
	ms = cpu_ms() - begin;
	agree = word_agrees(r, t); /* each says what it misses */
	agree = axes_agree(r, t) && agree;
	agree = findings_agree(r, t->findings) && agree;
	CHECK(agree, "%s: %s", t->name, assay_verdict_word(r->verdict));
	if (ms > 100)
		printf("# %s took %ld ms\n", t->name, ms);
	if (ms > SLOW_MS)
		CHECK(ms <= SLOW_MS, "%s is bounded work", t->name);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court c;

	court_open(&c, f);
	for (size_t i = 0; i < n_forge_trap_tables; i++)
		for (size_t k = 0; k < forge_trap_tables[i]->n; k++)
			trap_judge(&c, f, &forge_trap_tables[i]->traps[k]);
	court_close(&c);
	forge_free(f);
	return CHECK_DONE();
}
