/* SPDX-License-Identifier: MIT */
/*
 * Kernels: images whose keys vouch for modules.
 *
 * Distributions sign modules with a key that exists only inside the kernel of
 * the same build.  So the certificates in a kernel image are candidates: one is
 * a module's key if the module names it, and it is believed as far as the image
 * is, by the Authenticode signature that firmware checks.
 *
 * The supervisor maps the images; the worker looks into them when the first
 * module asks, once.
 */
#pragma once
#include "engine/engine.h"
#include "verify/scheme.h"

#define KERNELS_MAX        16
#define KERNEL_MAX_BYTES   ((uint64_t)256 << 20)
#define KERNEL_MAX_CERTS   256
#define KERNEL_MAX_SCANNED 4096 /* places that look like a certificate */

struct kernels;

/* NULL: out of memory. */
MUST_CHECK struct kernels *kernels_new(void);
void kernels_free(struct kernels *k);

/* Maps an image that the user names; @path is borrowed.  STATUS_IO: errno; STATUS_LIMIT: too
 * many images, or one that is too large; else it is no regular file. */
MUST_CHECK enum status kernels_add(struct kernels *k, const char *path);

/* Maps /boot/vmlinuz-RELEASE of the running kernel, if it is there and may be read. */
void kernels_add_running(struct kernels *k);

/* What tells these images from others, without reading them: goes into a cache's key. */
MUST_CHECK enum status kernels_digest(const struct kernels *k, uint8_t out[32]);

/* Asks the images of @e (a struct engine): a key_source. */
MUST_CHECK enum status kernels_find(const void *e, struct arena *a,
				    const struct signer_name *name, struct outside_key *out);
