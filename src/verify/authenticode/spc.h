/* SPDX-License-Identifier: MIT */
/*
 * Spc: the structures that Authenticode puts into a SignedData.
 *
 * Follows "Windows Authenticode Portable Executable Signature Format" 1.0:
 * SpcIndirectDataContent, SpcPeImageData, SpcLink, SpcSpOpusInfo.
 */
#pragma once
#include "base/finding.h"
#include "crypto/digest.h"
#include "structure/der.h"

#define SPC_INDIRECT_DATA OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")
#define SPC_PE_IMAGE_DATA OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define SPC_SIP_INFO      OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define SPC_SP_OPUS_INFO  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c")
#define SPC_STATEMENT     OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0b")
#define SPC_NESTED        OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01")
#define SPC_SEAL_INTENT   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x02")
#define SPC_SEAL          OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x03")
#define SPC_SEAL_TIME     OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x04")

#define SPC_MAX_TEXT 1024 /* bytes of a claimed name that are kept */

/* The table of page digests inside SpcPeImageData. */
struct spc_page_table {
	enum digest_algorithm algorithm; /* DIGEST_NONE: there is none */
	struct span entries;             /* {u32le offset, digest}, one after the other */
};

struct spc_indirect_data {
	struct span type;             /* OID of the data's kind */
	struct span sip;              /* SpcSipInfo: GUID of the kind; or empty */
	enum digest_algorithm digest; /* DIGEST_NONE: an algorithm that we do not know */
	struct span digest_oid;
	struct span value; /* the signed image digest */
	struct spc_page_table pages;
	bool pages_malformed; /* a page table that cannot be read */
};

/* @content: the contents octets of the SpcIndirectDataContent SEQUENCE. */
MUST_CHECK enum status spc_indirect_data_read(struct arena *a, struct span content,
					      struct spc_indirect_data *out);

/* SpcStatementType: "individual", "commercial", another OID as text; NULL: not readable. */
const char *spc_statement_read(struct arena *a, struct span value);

/* SpcSpOpusInfo, for people: UTF-8, escaped; NULL what is absent. */
void spc_opus_read(struct arena *a, struct span value, const char **program_name,
		   const char **more_info);
