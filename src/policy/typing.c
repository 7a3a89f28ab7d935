/* SPDX-License-Identifier: MIT */
/*
 * Typing: what does each part of an expression give?
 *
 * Whatever can be known to be nonsense is refused when it is loaded: a word that
 * does not exist, a digest of another length, a rule that nobody gives.  A typo
 * must not become a line that never matches.
 */
#include "formats/format.h"
#include "policy/tree.h"
#include "verdict/rules.h"

/* The @i-th operand; one without a type when there are not so many. */
static const struct node *operand(const struct node *n, unsigned i)
{
	static const struct node none = { 0 };

	n = n->first;
	for (; n && i > 0; i--)
		n = n->next;
	return n ? n : &none;
}

static void ask_for(struct compiling *c, enum policy_attribute attribute)
{
	c->asks = true;
	c->out->reads[attribute / 64] |= UINT64_C(1) << attribute % 64;
}

static bool is_truth(struct compiling *c, const struct node *n, const char *who)
{
	if (n->type == POLICY_BOOL)
		return true;
	compiling_refuse(c, n, "compare it with something, or use brackets",
			 "%s needs a truth, and this is %s", who, policy_type_name(n->type));
	return false;
}

/* Texts that can only be certain words, though there are too many for a list of bits. */
static bool text_exists(enum policy_attribute attribute, struct span text)
{
	if (attribute == POLICY_FORMAT) {
		for (size_t i = 0; i < n_formats; i++)
			if (span_equal(text, SPAN_TEXT(formats[i]->name)))
				return true;
		return false;
	}
	if (attribute != POLICY_RULE && attribute != POLICY_EACH_RULE &&
	    attribute != POLICY_FINDING_ID)
		return true;
	for (size_t i = 0; i < n_rules; i++)
		if (span_equal(text, SPAN_TEXT(rules[i].id)))
			return true;
	return false;
}

static bool is_folder(struct span text)
{
	return text.len > 0 && span_at(text, text.len - 1) == '/';
}

/* Can @of ever be @constant? */
static bool constant_fits(struct compiling *c, const struct node *of,
			  const struct node *constant)
{
	const struct policy_row *row;

	if (of->kind != NODE_ATTRIBUTE || constant->kind != NODE_CONSTANT)
		return true;
	row = &policy_rows[of->attribute];
	if (row->len != 0 && constant->text.len != row->len) {
		compiling_refuse(c, constant, "write the SHA-256, 64 hexadecimal digits",
				 "%s has %zu bytes, and this has %zu", row->name, row->len,
				 constant->text.len);
		return false;
	}
	if (row->type == POLICY_TEXT && !text_exists(of->attribute, constant->text)) {
		compiling_refuse(c, constant,
				 of->attribute == POLICY_FORMAT
					 ? "assay rooms lists the formats"
					 : "assay rules lists them",
				 "there is no %s of this name", row->name);
		return false;
	}
	if ((of->attribute == POLICY_PATH || of->attribute == POLICY_CALLER_PATH) &&
	    c->kind == POLICY_KIND_GUARD &&
	    (span_at(constant->text, 0) != '/' || is_folder(constant->text))) {
		compiling_refuse(c, constant, "write a whole path, which begins with /",
				 "no program lies at this path");
		return false;
	}
	return true;
}

/* The bit of a word that is written as a text; 0: there is none. */
static uint32_t word_bit(struct compiling *c, const struct node *of, const struct node *text)
{
	enum policy_words list = policy_rows[of->attribute].words;
	unsigned word;

	if (text->kind != NODE_CONSTANT || text->type != POLICY_TEXT) {
		compiling_refuse(c, text, "write it here, between quotes",
				 "%s can be compared with its words only",
				 policy_rows[of->attribute].name);
		return 0;
	}
	if (!policy_word_find(list, text->text, &word)) {
		compiling_refuse(c, text, "assay-policy(5) lists the words",
				 "%s is never this word", policy_rows[of->attribute].name);
		return 0;
	}
	return UINT32_C(1) << word;
}

/* Of an ordered list: the words for which the comparison with @bit holds. */
static uint32_t words_beside(enum policy_words list, enum token_kind sign, uint32_t bit)
{
	uint32_t words = 0;

	for (size_t i = 0; policy_word(list, i); i++) {
		uint32_t each = UINT32_C(1) << i;

		if ((sign == TOKEN_LESS && each < bit) ||
		    (sign == TOKEN_LESS_EQUAL && each <= bit) ||
		    (sign == TOKEN_GREATER && each > bit) ||
		    (sign == TOKEN_GREATER_EQUAL && each >= bit) ||
		    (sign == TOKEN_EQUAL && each == bit) ||
		    (sign == TOKEN_UNEQUAL && each != bit))
			words |= each;
	}
	return words;
}

static bool check_word(struct compiling *c, struct node *n)
{
	const struct node *a = operand(n, 0), *b = operand(n, 1);
	enum policy_words list;

	if (a->kind != NODE_ATTRIBUTE) {
		compiling_refuse(c, a, "write the attribute first: verdict == \"valid\"",
				 "this cannot be compared with a word");
		return false;
	}
	list = policy_rows[a->attribute].words;
	if (n->sign != TOKEN_EQUAL && n->sign != TOKEN_UNEQUAL && !policy_words_ordered(list)) {
		compiling_refuse(c, n, "use == or !=, or in with a list",
				 "the words of %s have no order",
				 policy_rows[a->attribute].name);
		return false;
	}
	n->words = word_bit(c, a, b);
	if (n->words == 0)
		return false;
	n->words = words_beside(list, n->sign, n->words);
	n->word_test = true;
	return true;
}

static bool check_compare(struct compiling *c, struct node *n)
{
	const struct node *a = operand(n, 0), *b = operand(n, 1);
	bool equality = n->sign == TOKEN_EQUAL || n->sign == TOKEN_UNEQUAL;

	n->type = POLICY_BOOL;
	if (a->type == POLICY_WORD || b->type == POLICY_WORD)
		return check_word(c, n);
	if (a->type != b->type) {
		compiling_refuse(c, n, "compare what is of one type",
				 "%s cannot be compared with %s", policy_type_name(a->type),
				 policy_type_name(b->type));
		return false;
	}
	if (!equality && a->type != POLICY_INT && a->type != POLICY_TIME &&
	    a->type != POLICY_DURATION) {
		compiling_refuse(c, n, "use == or !=", "%s is neither smaller nor larger",
				 policy_type_name(a->type));
		return false;
	}
	return constant_fits(c, a, b) && constant_fits(c, b, a);
}

static bool check_in_list(struct compiling *c, struct node *n)
{
	const struct node *of = operand(n, 0);

	n->type = POLICY_BOOL;
	n->word_test = of->type == POLICY_WORD && of->kind == NODE_ATTRIBUTE;
	for (const struct node *each = of->next; each; each = each->next) {
		if (n->word_test) {
			uint32_t bit = word_bit(c, of, each);

			if (bit == 0)
				return false;
			n->words |= bit;
		} else if (each->type != of->type) {
			compiling_refuse(c, each, "keep constants of one type in a list",
					 "this is %s, and what is looked for is %s",
					 policy_type_name(each->type),
					 policy_type_name(of->type));
			return false;
		} else if (!constant_fits(c, of, each)) {
			return false;
		}
	}
	return true;
}

static bool check_in_set(struct compiling *c, struct node *n)
{
	n->type = POLICY_BOOL;
	if (operand(n, 0)->kind == NODE_ATTRIBUTE && operand(n, 0)->type == POLICY_BYTES)
		return true;
	compiling_refuse(c, operand(n, 0), "ask for sha256, signer or another digest",
			 "only digests are in such a list");
	return false;
}

/* What can be reckoned with what. */
static const struct {
	enum policy_type a, b, gives;
	bool adds, takes;
} sums[] = {
  /* clang-format off */
	{ POLICY_INT, POLICY_INT, POLICY_INT, true, true },
	{ POLICY_DURATION, POLICY_DURATION, POLICY_DURATION, true, true },
	{ POLICY_TIME, POLICY_DURATION, POLICY_TIME, true, true },
	{ POLICY_DURATION, POLICY_TIME, POLICY_TIME, true, false },
	{ POLICY_TIME, POLICY_TIME, POLICY_DURATION, false, true },
  /* clang-format on */
};

static bool check_reckoning(struct compiling *c, struct node *n)
{
	enum policy_type a = operand(n, 0)->type, b = operand(n, 1)->type;
	bool adds = n->kind == NODE_ADD;

	for (size_t i = 0; i < COUNT_OF(sums); i++)
		if (sums[i].a == a && sums[i].b == b && (adds ? sums[i].adds : sums[i].takes))
			n->type = sums[i].gives;
	if (n->type != POLICY_NO_TYPE)
		return true;
	compiling_refuse(c, n, "reckon with numbers, or with times and durations",
			 "%s and %s give nothing", policy_type_name(a), policy_type_name(b));
	return false;
}

static bool check_choice(struct compiling *c, struct node *n)
{
	const struct node *when = operand(n, 0), *yes = operand(n, 1), *no = operand(n, 2);

	if (!is_truth(c, when, "\"?\""))
		return false;
	n->type = yes->type;
	if (yes->type == no->type && yes->type != POLICY_WORD)
		return true;
	compiling_refuse(c, n, "give two of one type, and no words",
			 "this is %s on one side and %s on the other",
			 policy_type_name(yes->type), policy_type_name(no->type));
	return false;
}

static bool check_text(struct compiling *c, struct node *n)
{
	n->type = n->kind == NODE_SIZE ? POLICY_INT : POLICY_BOOL;
	if (operand(n, 0)->type == POLICY_TEXT ||
	    (n->kind == NODE_SIZE && operand(n, 0)->type == POLICY_BYTES))
		return true;
	compiling_refuse(c, operand(n, 0), "ask for a text such as path",
			 "this needs a text, and here is %s",
			 policy_type_name(operand(n, 0)->type));
	return false;
}

static bool check_all_true(struct compiling *c, struct node *n, const char *who)
{
	n->type = POLICY_BOOL;
	for (const struct node *each = n->first; each; each = each->next)
		if (!is_truth(c, each, who))
			return false;
	return true;
}

static bool check_negate(struct compiling *c, struct node *n)
{
	n->type = operand(n, 0)->type;
	if (n->type == POLICY_INT || n->type == POLICY_DURATION)
		return true;
	compiling_refuse(c, n, "write it before a number", "%s has no negative",
			 policy_type_name(n->type));
	return false;
}

static bool check_node(struct compiling *c, struct node *n)
{
	switch (n->kind) {
	case NODE_CONSTANT: return true;
	case NODE_ATTRIBUTE:
		ask_for(c, n->attribute);
		n->type = policy_rows[n->attribute].type;
		return true;
	case NODE_NOW:
		c->asks = c->out->reads_now = true;
		n->type = POLICY_TIME;
		return true;
	case NODE_NOT: return check_all_true(c, n, "\"not\"");
	case NODE_AND: return check_all_true(c, n, "\"and\"");
	case NODE_OR: return check_all_true(c, n, "\"or\"");
	case NODE_COMPARE: return check_compare(c, n);
	case NODE_IN_LIST: return check_in_list(c, n);
	case NODE_IN_SET: return check_in_set(c, n);
	case NODE_ADD:
	case NODE_SUBTRACT: return check_reckoning(c, n);
	case NODE_NEGATE: return check_negate(c, n);
	case NODE_CHOICE: return check_choice(c, n);
	case NODE_HAS: n->type = POLICY_BOOL; return true;
	case NODE_COUNT:
		c->asks = true;
		n->type = POLICY_INT;
		return true;
	case NODE_SIZE:
	case NODE_STARTS:
	case NODE_ENDS:
	case NODE_CONTAINS:
	case NODE_GLOB: return check_text(c, n);
	case NODE_EACH:
		c->asks = true;
		return check_all_true(c, n, n->every ? ".all()" : ".exists()");
	}
	return false;
}

static bool check(struct compiling *c, struct node *n)
{
	for (struct node *each = n->first; each; each = each->next)
		if (!check(c, each))
			return false;
	return check_node(c, n);
}

bool typing_check(struct compiling *c, struct node *condition)
{
	c->asks = false;
	return check(c, condition) && is_truth(c, condition, "\"when\"");
}
