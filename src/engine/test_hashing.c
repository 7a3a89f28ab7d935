/* SPDX-License-Identifier: MIT */
/* Hashing: the same digests as of the bytes, whatever their number, sizes and order. */
#include "engine/hashing.h"

#include "base/memory.h"
#include "crypto/digest.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES 300
#define LARGE ((size_t)3 << 20)

static uint8_t bytes[LARGE + FILES];

/* Empty ones, small ones, and some that take several reads. */
static size_t size_of(size_t i)
{
	return i % 7 == 0 ? 0 : i % 50 == 1 ? LARGE - i : i * 37 % 9000;
}

static int file_new(size_t i)
{
	int fd = memfd_create("assay-hashing", MFD_CLOEXEC);

	if (fd < 0 || write(fd, &bytes[i], size_of(i)) != (ssize_t)size_of(i))
		abort();
	return fd;
}

static struct hashing_file file_of(size_t i)
{
	struct hashing_file f = { .fd = file_new(i), .ticket = i };

	if (source_identify(f.fd, &f.before) != STATUS_OK)
		abort();
	return f;
}

static bool answer_good(const struct hashing_file *f)
{
	struct span whole = { &bytes[f->ticket], size_of(f->ticket) };
	struct digest digest;

	return f->status == STATUS_OK &&
	       digest_of(DIGEST_SHA256, &whole, 1, &digest) == STATUS_OK &&
	       digest_equal(&digest, SPAN_OF(f->sha256));
}

static void check_many(unsigned n_threads)
{
	bool seen[FILES] = { false };
	size_t n = 0, good = 0;
	struct hashing_file f;
	struct hashing *h;

	if (hashing_start(n_threads, &h) != STATUS_OK)
		abort();
	CHECK(!hashing_take(h, true, &f), "nothing was put: nothing comes");
	for (size_t i = 0; i < FILES || hashing_take(h, true, &f); i++) {
		if (i < FILES) {
			struct hashing_file put = file_of(i);

			if (hashing_has_room(h)) {
				hashing_put(h, &put);
				continue;
			}
			(void)close(put.fd);
			i--;
			if (!hashing_take(h, true, &f))
				abort();
		}
		n++;
		good += !seen[f.ticket] && answer_good(&f);
		seen[f.ticket] = true;
	}
	CHECK(n == FILES && good == FILES, "%u threads: %zu of %d files, %zu as they are",
	      n_threads, n, FILES, good);
	hashing_stop(h);
}

static void check_changes(void)
{
	struct hashing_file grown = file_of(1), shrunk = file_of(2), other = file_of(3), f;
	enum status came[4] = { STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK };
	struct hashing *h;

	if (hashing_start(1, &h) != STATUS_OK || !hashing_has_room(h) ||
	    write(grown.fd, "x", 1) != 1 || ftruncate(shrunk.fd, 1) != 0)
		abort();
	other.before.ino++;
	hashing_put(h, &grown);
	hashing_put(h, &shrunk);
	hashing_put(h, &other);
	while (hashing_take(h, true, &f))
		came[f.ticket] = f.status;
	CHECK(came[1] == STATUS_CHANGED && came[2] == STATUS_CHANGED &&
		      came[3] == STATUS_CHANGED,
	      "one that grew, one that shrank, another one: changed");
	hashing_stop(h);
}

static size_t descriptors_open(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Whatever was put and never taken. */
static void check_stop(void)
{
	size_t before = descriptors_open();
	struct hashing *h;

	if (hashing_start(2, &h) != STATUS_OK)
		abort();
	for (size_t i = 0; i < FILES && hashing_has_room(h); i++) {
		struct hashing_file f = file_of(i);

		hashing_put(h, &f);
	}
	hashing_stop(h);
	hashing_stop(NULL);
	CHECK(descriptors_open() == before, "stopped in the middle: nothing stays open");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 2654435761U >> 13);
	check_many(1);
	check_many(3);
	check_changes();
	check_stop();
	return CHECK_DONE();
}
