/* SPDX-License-Identifier: MIT */
/* Chain: a class and what it is a subclass of, drawn from below to the root.  Private. */
#pragma once
#include "graph/parts.h"

void chain_text(struct buffer *out, const struct graph_node *node);
void chain_mermaid(struct buffer *out, const struct graph_node *node); /* graph BT */
void chain_svg(struct buffer *out, const struct graph_node *node);
