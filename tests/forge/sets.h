/* SPDX-License-Identifier: MIT */
/* Folders of specimens, each with root.pem, the anchors of the forge. */
#pragma once
#include "tests/forge/forge.h"

void forge_set_demo(struct forge *f, const char *folder);
void forge_set_big(struct forge *f, const char *folder);
void forge_set_macho(struct forge *f, const char *folder);
void forge_set_many(struct forge *f, const char *folder);
void forge_set_traps(struct forge *f, const char *folder);
void forge_set_small(struct forge *f, const char *folder);
void forge_set_catalogs(struct forge *f, const char *folder);

/* Writes FOLDER/NAME; ends the program when it cannot. */
void forge_write(const char *folder, const char *name, struct span bytes);
