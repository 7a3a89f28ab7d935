/* SPDX-License-Identifier: MIT */
#include "graph/turtle.h"

bool turtle_available(void)
{
	return false;
}

enum status turtle_read(struct ontology *o, struct span bytes, struct turtle_problem *problem)
{
	(void)o;
	(void)bytes;
	(void)problem;
	return STATUS_UNSUPPORTED;
}
