/* SPDX-License-Identifier: MIT */
/* assay completion SHELL: made from the tables of commands and options. */
#include "cmd/complain.h"
#include "cmd/options.h"
#include "cmd/page.h"
#include "trust/sets.h"
#include <string.h>

/* "a|b|c" with @between instead of the bars. */
static void words_add(struct buffer *out, const char *words, const char *between)
{
	struct span all = SPAN_TEXT(words), bar = SPAN_TEXT("|");
	uint64_t from = 0, at;

	for (; span_find(all, bar, from, &at); from = at + 1) {
		buffer_add(out, span_clip(all, from, at - from));
		buffer_text(out, between);
	}
	buffer_add(out, span_after(all, from));
}

/* Names of rules and signs, too; a shell asks assay for them. */
static bool takes_rules(const struct command *command)
{
	return command->id == COMMAND_EXPLAIN;
}

/* What may stand between single quotes of a shell. */
static void quotable_add(struct buffer *out, const char *text)
{
	struct span all = SPAN_TEXT(text);

	for (size_t i = 0; i < all.len; i++) {
		if (span_at(all, i) == '\'')
			buffer_text(out, "'\\''");
		else
			buffer_char(out, (char)span_at(all, i));
	}
}

/* In single quotes for a shell. */
static void quoted_add(struct buffer *out, const char *text)
{
	buffer_char(out, '\'');
	quotable_add(out, text);
	buffer_char(out, '\'');
}

/* "ms-code= ms-tsa= ..." */
static void sets_add(struct buffer *out)
{
	for (size_t i = 0; i < TRUST_SETS; i++)
		buffer_printf(out, "%s%s=", i ? " " : "", trust_sets[i].name);
}

static bool takes_anchors(const struct option_row *row)
{
	return row->setting == SETTING_TRUST || row->setting == SETTING_ONLY_TRUST;
}

static void bash_commands(struct buffer *out)
{
	for (size_t i = 0; i < n_commands; i++) {
		buffer_printf(out, "\t%s) opts='", commands[i].name);
		for (size_t k = 0; k < n_option_rows; k++) {
			const struct option_row *row = &option_rows[k];

			if (!option_belongs(row, commands[i].id))
				continue;
			buffer_printf(out, "--%s ", row->name);
			if (row->letter)
				buffer_printf(out, "-%c ", row->letter);
		}
		buffer_text(out, "'");
		if (commands[i].words) {
			buffer_text(out, " words='");
			words_add(out, commands[i].words, " ");
			buffer_char(out, '\'');
		}
		if (takes_rules(&commands[i]))
			buffer_text(out, " names=$cur");
		buffer_text(out, " ;;\n");
	}
}

static void bash_value(struct buffer *out, const char *command, const struct option_row *row,
		       const char *words)
{
	buffer_printf(out, "\t%s--%s) mapfile -t COMPREPLY < <(compgen -W '", command,
		      row->name);
	words_add(out, words, " ");
	buffer_text(out, "' -- \"$cur\"); return ;;\n");
}

/* What stands behind an option: of a command first, if it has words of its own for it. */
/* A file, or the set for which it is trusted. */
static void bash_anchors(struct buffer *out, const struct option_row *row)
{
	buffer_printf(out,
		      "\t*--%s) compopt -o nospace -o filenames 2>/dev/null\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\"; compgen -W '",
		      row->name);
	sets_add(out);
	buffer_text(out, "' -- \"$cur\"); return ;;\n");
}

static void bash_values(struct buffer *out, const struct option_row *row)
{
	const char *words = settings_words(row->setting);

	if (takes_anchors(row))
		bash_anchors(out, row);
	if (!words || !row->argument)
		return;
	for (size_t i = 0; i < n_commands; i++)
		if (option_belongs(row, commands[i].id) &&
		    strcmp(option_words(row, commands[i].id), words) != 0)
			bash_value(out, commands[i].name, row,
				   option_words(row, commands[i].id));
	bash_value(out, "*", row, words);
}

static void bash(struct buffer *out)
{
	buffer_text(out,
		    "# bash completion for assay, made by: assay completion bash\n"
		    "_assay() {\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		    "\tlocal opts='' words='' names='' command=${COMP_WORDS[1]}\n"
		    "\tCOMPREPLY=()\n"
		    "\tcase $command$prev in\n");
	for (size_t k = 0; k < n_option_rows; k++)
		bash_values(out, &option_rows[k]);
	buffer_text(out, "\tesac\n\tcase $command in\n");
	bash_commands(out);
	buffer_text(out, "\tesac\n"
			 "\tif [[ $COMP_CWORD -eq 1 ]]; then words='");
	for (size_t i = 0; i < n_commands; i++)
		buffer_printf(out, "%s%s", i ? " " : "", commands[i].name);
	buffer_text(out, "'; fi\n"
			 "\tif [[ $cur == -* ]]; then words=$opts\n"
			 "\telif [[ $names ]]; then\n"
			 "\t\tcompopt -o filenames 2>/dev/null\n"
			 "\t\twords=$(\"${COMP_WORDS[0]}\" rules --no-config 2>/dev/null | "
			 "cut -d ' ' -f 1)\n"
			 "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\"; "
			 "compgen -W \"$words\" -- \"$cur\")\n"
			 "\t\treturn\n"
			 "\tfi\n"
			 "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			 "}\n"
			 "complete -o default -F _assay assay\n");
}

static void zsh_option(struct buffer *out, const struct command *command,
		       const struct option_row *row)
{
	const char *words = option_words(row, command->id);

	buffer_printf(out, "\t\t\t'--%s%s[", row->name, row->argument ? "=" : "");
	quotable_add(out, row->summary);
	buffer_char(out, ']');
	if (row->argument) {
		buffer_printf(out, ":%s:", row->name);
		if (words) {
			buffer_char(out, '(');
			words_add(out, words, " ");
			buffer_char(out, ')');
		} else {
			buffer_text(out, takes_anchors(row) ? "_assay_anchors" : "_files");
		}
	}
	buffer_text(out, "' \\\n");
	if (!row->letter)
		return;
	buffer_printf(out, "\t\t\t'-%c%s[", row->letter, row->argument ? "+" : "");
	quotable_add(out, row->summary);
	buffer_printf(out, "]%s' \\\n", row->argument ? ":value:_files" : "");
}

static void zsh(struct buffer *out)
{
	buffer_text(out, "#compdef assay\n"
			 "# zsh completion for assay, made by: assay completion zsh\n"
			 "_assay_names() {\n"
			 "\t_files\n"
			 "\tcompadd -- ${(f)\"$(assay rules --no-config 2>/dev/null | "
			 "cut -d ' ' -f 1)\"}\n"
			 "}\n"
			 "_assay_anchors() {\n"
			 "\tcompset -P '*=' || compadd -S '' -- ");
	sets_add(out);
	buffer_text(out, "\n\t_files\n}\n"
			 "_assay() {\n"
			 "\tlocal -a commands\n"
			 "\tcommands=(\n");
	for (size_t i = 0; i < n_commands; i++) {
		buffer_printf(out, "\t\t'%s:", commands[i].name);
		quotable_add(out, commands[i].summary);
		buffer_text(out, "'\n");
	}
	buffer_text(out, "\t)\n"
			 "\tif (( CURRENT == 2 )); then\n"
			 "\t\t_describe command commands\n"
			 "\t\t_files\n"
			 "\t\treturn\n"
			 "\tfi\n"
			 "\tcase $words[2] in\n");
	for (size_t i = 0; i < n_commands; i++) {
		buffer_printf(out, "\t%s)\n\t\t_arguments -s \\\n", commands[i].name);
		for (size_t k = 0; k < n_option_rows; k++)
			if (option_belongs(&option_rows[k], commands[i].id))
				zsh_option(out, &commands[i], &option_rows[k]);
		buffer_text(out, "\t\t\t'*:argument:");
		if (commands[i].words) {
			buffer_char(out, '(');
			words_add(out, commands[i].words, " ");
			buffer_char(out, ')');
		} else if (takes_rules(&commands[i])) {
			buffer_text(out, "_assay_names");
		} else {
			buffer_text(out, "_files");
		}
		buffer_text(out, "'\n\t\t;;\n");
	}
	buffer_text(out, "\tesac\n}\n_assay \"$@\"\n");
}

static void fish_option(struct buffer *out, const struct command *command,
			const struct option_row *row)
{
	const char *words = option_words(row, command->id);

	buffer_printf(out, "complete -c assay -n '__fish_seen_subcommand_from %s' -l %s",
		      command->name, row->name);
	if (row->letter)
		buffer_printf(out, " -s %c", row->letter);
	if (row->argument)
		buffer_text(out, words ? " -x -a '" : " -r");
	if (row->argument && words) {
		words_add(out, words, " ");
		buffer_char(out, '\'');
	}
	if (takes_anchors(row)) {
		buffer_text(out, " -a '");
		sets_add(out);
		buffer_char(out, '\'');
	}
	buffer_text(out, " -d ");
	quoted_add(out, row->summary);
	buffer_char(out, '\n');
}

static void fish(struct buffer *out)
{
	buffer_text(out, "# fish completion for assay, made by: assay completion fish\n");
	for (size_t i = 0; i < n_commands; i++) {
		buffer_printf(out, "complete -c assay -n __fish_use_subcommand -a %s -d ",
			      commands[i].name);
		quoted_add(out, commands[i].summary);
		buffer_char(out, '\n');
		if (commands[i].words) {
			buffer_printf(out,
				      "complete -c assay -n '__fish_seen_subcommand_from %s' "
				      "-f -a '",
				      commands[i].name);
			words_add(out, commands[i].words, " ");
			buffer_text(out, "'\n");
		}
		if (takes_rules(&commands[i]))
			buffer_printf(out,
				      "complete -c assay -n '__fish_seen_subcommand_from %s' "
				      "-a '(assay rules --no-config | cut -d \" \" -f 1)'\n",
				      commands[i].name);
		for (size_t k = 0; k < n_option_rows; k++)
			if (option_belongs(&option_rows[k], commands[i].id))
				fish_option(out, &commands[i], &option_rows[k]);
	}
}

int cmd_completion(struct invocation *call)
{
	static const struct {
		const char *shell;
		void (*print)(struct buffer *out);
	} shells[] = {
		{"bash",  bash},
                { "zsh",  zsh },
                { "fish", fish}
	};
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = page_operands(call, 1, 1);

	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < COUNT_OF(shells); i++) {
		if (strcmp(shells[i].shell, call->operands[0]) == 0) {
			shells[i].print(&out);
			return page_print(&out);
		}
	}
	complain("completion: there is bash, zsh and fish, not \"%s\"", call->operands[0]);
	return EXIT_USAGE;
}
