/* SPDX-License-Identifier: MIT */
/* Mach-O forgeries of the forge through the whole house: the word, the axes, the finding. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/macho.h"

static bool axis(const char *what, const char *wanted, const char *found)
{
	if (!wanted || strcmp(wanted, found) == 0)
		return true;
	printf("# %s %s, wanted %s\n", what, found, wanted);
	return false;
}

static bool axes(const struct report *r, const struct apple_trap *t)
{
	const struct report_signature *s;
	bool agree;

	if (r->decisive < 0)
		return !t->binding;
	s = &r->signatures[r->decisive];
	if (s->problem)
		printf("# %s\n", s->problem);
	agree = axis("binding", t->binding, assay_binding_word(s->binding));
	return agree & axis("signature", t->signature, assay_signature_word(s->signature));
}

/* The finding is there; without one that is expected there is none that matters. */
static bool findings(const struct report *r, const struct apple_trap *t)
{
	bool agree = !t->finding || court_has(r, t->finding);

	for (size_t i = 0; i < r->n_findings; i++) {
		bool matters = r->findings[i].severity > ASSAY_SEVERITY_INFO &&
			       strncmp(r->findings[i].id, "macho.", 6) == 0;

		if (!t->finding && matters)
			agree = false;
		if (!agree)
			printf("# finding %s: %s\n", r->findings[i].id,
			       r->findings[i].observed ? r->findings[i].observed : "-");
	}
	return agree;
}

int main(void)
{
	struct forge *f = forge_new();
	struct court c;

	court_open(&c, f);
	for (size_t i = 0; i < n_apple_traps; i++) {
		const struct apple_trap *t = &apple_traps[i];
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;
		const char *word;

		t->make(f, &file);
		r = court_judge(&c, buffer_span(&file));
		word = assay_verdict_word(r->verdict);
		CHECK(strcmp(word, t->verdict) == 0, "%s: %s (%s)", t->name, word, r->rule);
		CHECK(axes(r, t), "%s: axes", t->name);
		CHECK(findings(r, t), "%s: findings", t->name);
	}
	court_close(&c);
	forge_free(f);
	return CHECK_DONE();
}
