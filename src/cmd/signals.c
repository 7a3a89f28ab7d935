/* SPDX-License-Identifier: MIT */
/* The only mutable globals: a signal handler can reach nothing else. */
#include "cmd/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop_asked, progress_asked;

static void note(int number)
{
	if (number == SIGUSR1)
		progress_asked = 1;
	else
		stop_asked = 1;
}

void signals_watch(void)
{
	/* Once only: whoever asks a second time means it. */
	const struct sigaction stop = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };
	const struct sigaction show = { .sa_handler = note, .sa_flags = SA_RESTART };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGUSR1, &show, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigaction(SIGXFSZ, &ignore, NULL);
}

bool signals_stop(void)
{
	return stop_asked != 0;
}

bool signals_progress(void)
{
	bool asked = progress_asked != 0;

	progress_asked = 0;
	return asked;
}

void signals_forget(void)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGXFSZ };

	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		(void)signal(watched[i], SIG_DFL);
}
