/* SPDX-License-Identifier: MIT */
/* ClickOnce: claims of manifests -> facts. */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_clickonce;
