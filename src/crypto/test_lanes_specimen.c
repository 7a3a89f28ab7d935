/* SPDX-License-Identifier: MIT */
#include "crypto/test_lanes_specimen.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct specimen specimens[N_SPECIMENS] = {
	{ .size = 0 },      { .size = 1 },       { .size = 64 },    { .size = 777 },
	{ .size = 4096 },   { .size = 5000 },    { .size = 20000 }, { .size = 66000 },
	{ .size = 300000 }, { .size = 1300000 },
};

static EVP_MD_CTX *oracle_context;

/* xorshift64* */
static uint64_t random_state = 0x9e3779b97f4a7c15;

uint64_t random_below(uint64_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1d >> 16) % n;
}

uint64_t random_len(uint64_t max)
{
	uint64_t len = random_below((uint64_t)1 << random_below(21));

	return len < max ? len : random_below(max + 1);
}

int specimen_file(const uint8_t *bytes, size_t size, struct source *source)
{
	int fd = memfd_create("assay-lanes", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0 ||
	    pwrite(fd, bytes, size, 0) != (ssize_t)size ||
	    source_begin(source, fd) != STATUS_OK)
		abort();
	return fd;
}

void specimens_make(void)
{
	oracle_context = EVP_MD_CTX_new();
	for (size_t i = 0; i < N_SPECIMENS; i++) {
		specimens[i].bytes = (uint8_t *)calloc(specimens[i].size + 1, 1);
		if (!specimens[i].bytes)
			abort();
		for (size_t k = 0; k < specimens[i].size; k++)
			specimens[i].bytes[k] = (uint8_t)random_below(256);
		(void)specimen_file(specimens[i].bytes, specimens[i].size,
				    &specimens[i].source);
	}
}

void specimens_free(void)
{
	for (size_t i = 0; i < N_SPECIMENS; i++) {
		(void)close(specimens[i].source.fd);
		free(specimens[i].bytes);
	}
	EVP_MD_CTX_free(oracle_context);
}

struct span specimen_span(size_t i)
{
	return (struct span){ specimens[i].bytes, specimens[i].size };
}

unsigned long long bytes_read(void)
{
	char text[256] = "";
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		(void)close(fd);
	return n > 7 && strncmp(text, "rchar: ", 7) == 0 ? strtoull(&text[7], NULL, 10) : 0;
}

static const EVP_MD *oracle_method(enum digest_algorithm a)
{
	static const EVP_MD *(*const methods[])(void) = {
		EVP_md_null, EVP_md5, EVP_sha1, EVP_sha256, EVP_sha384, EVP_sha512,
	};

	return methods[a]();
}

static void oracle_zeros(uint64_t len)
{
	static const uint8_t zeros[1000];

	for (uint64_t n; len > 0; len -= n) {
		n = len < sizeof zeros ? len : sizeof zeros;
		(void)EVP_DigestUpdate(oracle_context, zeros, (size_t)n);
	}
}

bool job_is_right(const struct digest_job *job, struct span file)
{
	uint8_t want[DIGEST_MAX];

	(void)EVP_DigestInit_ex(oracle_context, oracle_method(job->algorithm), NULL);
	for (size_t i = 0; i < job->covered.n; i++) {
		const struct piece *p = &job->covered.pieces[i];
		struct span s = p->literal;

		if (p->kind == PIECE_ZEROS)
			oracle_zeros(p->range.len);
		if (p->kind == PIECE_RANGE)
			s = span_clip(file, p->range.off, p->range.len);
		if (p->kind != PIECE_ZEROS)
			(void)EVP_DigestUpdate(oracle_context, s.ptr, s.len);
	}
	(void)EVP_DigestFinal_ex(oracle_context, want, NULL);
	return job->result.algorithm == job->algorithm &&
	       digest_equal(&job->result, (struct span){ want, digest_size(job->algorithm) });
}
