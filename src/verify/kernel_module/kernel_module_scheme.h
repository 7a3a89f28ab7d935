/* SPDX-License-Identifier: MIT */
/* Kernel modules: claims -> facts, as the kernel judges them. */
#pragma once
#include "formats/kernel_module/kernel_module.h"
#include "verify/scheme.h"

extern const struct scheme scheme_kernel_module;
