/* SPDX-License-Identifier: MIT */
/*
 * The rows of the rule table, sorted by id (a test says so), so that a row is
 * found by binary search.  An id that was released keeps its meaning for ever.
 */
#include "verdict/rules.h"

#include "base/attrs.h"
#include <stdlib.h>

#define WORD(id, word, reference, sentence, advice)                                            \
	{                                                                                      \
		id, RULE_VERDICT, ASSAY_SEVERITY_NONE, ASSAY_VERDICT_##word, reference,        \
			sentence, advice                                                       \
	}
/* A limit of ours is a finding with a place in the file, and the reason of the word "error". */
#define LIMIT(id, reference, sentence, advice)                                                 \
	{                                                                                      \
		id, RULE_VERDICT, ASSAY_SEVERITY_MEDIUM, ASSAY_VERDICT_ERROR, reference,       \
			sentence, advice                                                       \
	}
#define FINDING(id, severity, reference, sentence, advice)                                     \
	{                                                                                      \
		id, RULE_FINDING, ASSAY_SEVERITY_##severity, ASSAY_VERDICT_UNKNOWN, reference, \
			sentence, advice                                                       \
	}

const struct rule rules[] = {
	FINDING("auth.seal-missing", HIGH,
		"Authenticode sealing (Windows SDK, szOID_INTENT_TO_SEAL)",
		"The signer said that the signature would be sealed, but the seal is missing: "
		"something was removed.",
		"Take the file from its vendor again."),
	FINDING("auth.seal-unchecked", INFO,
		"Authenticode sealing (Windows SDK, szOID_SEALING_SIGNATURE)",
		"The signature is sealed; seals are shown, not checked.", NULL),
	FINDING("auth.unsigned-attribute", INFO, "RFC 5652, 11",
		"The signature carries an unsigned attribute that is not a timestamp or a "
		"nested signature; anybody may have added it.",
		NULL),
	FINDING("cab.files", HIGH, "[MS-CAB] 2.3",
		"The files of the cabinet are not where it says, or belong to no folder.",
		"Take the file from its vendor again."),
	FINDING("cab.folders", HIGH, "[MS-CAB] 2.2",
		"The folders of the cabinet are not where it says.",
		"Take the file from its vendor again."),
	FINDING("cab.header", HIGH, "[MS-CAB] 2.1",
		"The header describes a cabinet that there cannot be.",
		"Take the file from its vendor again."),
	FINDING("cab.reserve", INFO, "[MS-CAB] 2.1, abReserve",
		"The reserve of the header holds something that is no signature.", NULL),
	FINDING("cab.signature-outside", HIGH, "[MS-CAB] 2.1, abReserve",
		"The header names a signature that lies outside the file or in the cabinet.",
		"Take the file from its vendor again."),
	FINDING("cab.trailing", HIGH, "[MS-CAB] 2.1, abReserve",
		"Bytes beside the signature belong to nothing and nothing covers them; another "
		"program can hide there.",
		"Do not run the file under another name."),
	FINDING("cat.malformed", HIGH, "[MS-CAESO] 4.4.5.6",
		"The catalog does not hold a list of files as it should.",
		"Take the file from its vendor again."),
	FINDING("cat.tag-mismatch", MEDIUM, "[MS-CAESO] 4.4.5.6",
		"The catalog lists a file under one digest and signs another for it.", NULL),
	FINDING("cat.trailing", HIGH, "RFC 5652, 3",
		"Bytes behind the catalog are covered by nothing.", NULL),
	FINDING("cert.anchor-name-taken", HIGH, "RFC 5280, 6.1 (ATT&CK T1036.001)",
		"The chain ends in a root that somebody made himself under the name of an "
		"anchor.",
		"Treat every name in this signature as false."),
	FINDING("cert.brand-other-anchor", INFO, "ATT&CK T1036.001",
		"The certificate names a vendor that has roots of its own, but its chain ends "
		"in another root.",
		NULL),
	FINDING("cert.brand-without-chain", HIGH, "ATT&CK T1036.001",
		"The certificate names a well-known vendor, but its chain does not lead to "
		"that vendor's anchors.",
		"Treat the name as false."),
	FINDING("cert.curveball", HIGH, "RFC 5480, 2.1.1 (CVE-2020-0601)",
		"A key is given with explicit curve parameters, the way to forge a certificate "
		"under somebody else's root.",
		"Treat every name in this signature as false."),
	FINDING("cert.issuer-signature-bad", HIGH, "RFC 5280, 6.1.3",
		"An embedded certificate names a known issuer, but no key of that issuer "
		"signed it.",
		"Treat every name in this signature as false."),
	FINDING("cert.key-shared", LOW, "RFC 5280, 4.1.2.7",
		"Two certificates of the signature have the same key under different names.",
		NULL),
	FINDING("cert.lookalike-name", HIGH, "ATT&CK T1036.001; Unicode UTS #39, 4",
		"The certificate's name is written to be read as that of a well-known vendor.",
		"Treat the name as false."),
	FINDING("cert.possible-canary", LOW, "ATT&CK T1036.001",
		"The certificate looks like that of a decoy file that tells its owner when "
		"somebody checks it.",
		"Do not fetch addresses from it; ask who keeps decoys on this host."),
	FINDING("cert.self-verifying-foreign-issuer", HIGH, "RFC 5280, 6.1.3",
		"The signer's certificate names another issuer, but is signed by its own key.",
		"Treat every name in this signature as false."),
	FINDING("cert.serial-reused", MEDIUM, "RFC 5280, 4.1.2.2",
		"Two certificates of the signature have the same issuer and serial number but "
		"different keys; only one can be genuine.",
		NULL),
	FINDING("cert.similar-name", LOW, "ATT&CK T1036.001",
		"The certificate's name is that of a well-known vendor with further words or "
		"another legal form; subsidiaries have such names, and so have others.",
		NULL),
	FINDING("cert.tsa-usage-not-critical", INFO, "RFC 3161, 2.3",
		"The timestamp signer's certificate does not mark its usage as critical, as it "
		"must.",
		NULL),
	FINDING("cert.two-signatures", MEDIUM, "RFC 5280, 4.1.1.3",
		"Two embedded certificates are equal but for their signature.", NULL),
	FINDING("cert.unused", INFO, "RFC 5652, 5.1",
		"The signature carries a certificate that no chain needs.", NULL),
	FINDING("cfb.chain", HIGH, "[MS-CFB] 2.2 to 2.4",
		"The sectors of a stream do not lead to its end, or lead to those of another.",
		"Take the file from its vendor again."),
	FINDING("cfb.directory", HIGH, "[MS-CFB] 2.6.2",
		"The compound file has no root storage.",
		"Take the file from its vendor again."),
	FINDING("cfb.duplicate-name", HIGH, "[MS-CFB] 2.6.4",
		"A storage has two entries of one name; who asks for it may get either.",
		"Treat the file as made by hand."),
	FINDING("cfb.header", HIGH, "[MS-CFB] 2.2",
		"The header describes a compound file that there cannot be.",
		"Take the file from its vendor again."),
	FINDING("cfb.name", MEDIUM, "[MS-CFB] 2.6.1",
		"The name of an entry is not written as names must be; programs may read it "
		"differently.",
		NULL),
	FINDING("cfb.orphan", LOW, "[MS-CFB] 2.6.4",
		"The directory holds entries to which nothing leads; no signature covers them.",
		NULL),
	FINDING("cfb.table", HIGH, "[MS-CFB] 2.3, 2.5",
		"The allocation table does not lie where the file says.",
		"Take the file from its vendor again."),
	FINDING("cfb.tree", HIGH, "[MS-CFB] 2.6.4",
		"The entries of the directory do not form a tree.",
		"Take the file from its vendor again."),
	FINDING("cms.malformed", HIGH, "RFC 5652, 5",
		"The signature is not a readable SignedData.", NULL),
	FINDING("cms.non-minimal", INFO, "X.690, 10.1",
		"A length or an element is written in BER, longer than DER needs.", NULL),
	FINDING("cms.octet-content", INFO, "RFC 5652, 5.2",
		"The content is wrapped in an OCTET STRING, as CMS does and PKCS #7 does not.",
		NULL),
	FINDING("cms.signers", HIGH, "Authenticode PE 1.0, SignedData",
		"The signature has not exactly one signer.", NULL),
	WORD("error.changed", ERROR, "assay, stable view",
	     "The file changed while it was read, so no word about it would hold.",
	     "Try again when nobody writes to it."),
	WORD("error.internal", ERROR, "assay, process",
	     "Judging the file failed inside assay; that says nothing about the file.",
	     "Report it with the file."),
	WORD("error.io", ERROR, "POSIX, read", "The file could not be read.",
	     "Check permissions and the medium."),
	WORD("error.memory", ERROR, "assay, process",
	     "There was not enough memory to judge the file.",
	     "Try again with fewer threads (-j)."),
	WORD("error.not-regular", ERROR, "POSIX, stat", "This is not a regular file.", NULL),
	WORD("error.timeout", ERROR, "assay, process",
	     "The file was not judged within its time.", "Give more time with --timeout."),
	WORD("error.worker", ERROR, "assay, process",
	     "The confined process that judged the file died, so no word about the file is "
	     "known.",
	     "Report it with the file; a file must never be able to do this."),
	FINDING("file.polyglot", MEDIUM, "APPNOTE 6.3.10, 4.3.16; PE Format, MS-DOS Stub",
		"The file is a program of one format and holds one of another where some "
		"system "
		"finds it: what was judged may not be what runs.",
		"Ask how the file is used; installers that unpack themselves are the usual "
		"cause."),
	LIMIT("limit.cfb", "assay, limits",
	      "The compound file is scattered or nested more than any that is in use.", NULL),
	LIMIT("limit.chain", "assay, limits",
	      "Building chains took more or costlier signature checks than one file may cost.",
	      NULL),
	LIMIT("limit.cms", "assay, limits",
	      "A signature holds more certificates, attributes, signers or timestamps than are "
	      "read.",
	      NULL),
	LIMIT("limit.max-size", "assay, limits", "The file is larger than --max-size allows.",
	      "Raise --max-size."),
	LIMIT("limit.nested", "assay, limits",
	      "Signatures are nested deeper, or are more, than any genuine file has.", NULL),
	FINDING("limit.pe-features", INFO, "assay, limits",
		"Not all directories of the program were looked at: a limit of ours was "
		"reached, which changes no word.",
		NULL),
	LIMIT("limit.script", "assay, limits",
	      "The script, or its signature block, is larger than is read.", NULL),
	LIMIT("limit.structure", "assay, limits",
	      "The file's structure is larger or deeper than is read.", NULL),
	LIMIT("limit.table", "assay, limits",
	      "A signature or a table is larger than any that is read, or has more entries.",
	      NULL),
	LIMIT("limit.zip", "assay, limits",
	      "The archive has more entries, longer names or more contents than are read.",
	      NULL),
	FINDING("mimicry.block-reused", MEDIUM, "ATT&CK T1036.001",
		"The very bytes of this signature are known from another image: it was copied "
		"from there or to there, or its program was altered.",
		"Compare the files that carry it."),
	FINDING("mimicry.brand-claim", INFO, "ATT&CK T1036.001",
		"The file names a well-known vendor as its company and is not signed, as many "
		"honest files are.",
		NULL),
	FINDING("mimicry.sibling-build", INFO, "ATT&CK T1036.001",
		"The file shares some code with the signed program, too little to be it and "
		"too much to be another: perhaps another build of it.",
		"Compare it with the signed program."),
	FINDING("mimicry.unsigned-original", INFO,
		"Authenticode PE 1.0, Calculating the PE Image Hash",
		"The same program is known with a signature; this copy carries none, as those "
		"that distributions build.",
		NULL),
	FINDING("msi.signature-name", MEDIUM, "[MS-CFB] 2.6.1; Windows Installer",
		"An entry has nearly the name of the signature; some programs would leave it "
		"unchecked, here it is covered.",
		NULL),
	FINDING("msi.trailing", HIGH, "[MS-CFB] 2.3 (CVE-2020-1464)",
		"Bytes behind the package are covered by nothing; another program can hide "
		"there.",
		"Do not run the file under another name."),
	FINDING("pe.cert-dirsize", MEDIUM, "PE Format, The Attribute Certificate Table",
		"The certificate table is larger than its entries; the rest is covered by no "
		"digest.",
		NULL),
	FINDING("pe.cert-length", HIGH, "PE Format, The Attribute Certificate Table (dwLength)",
		"An entry's dwLength is shorter than its header or reaches behind the table.",
		NULL),
	FINDING("pe.cert-padding", MEDIUM, "PE Format, The Attribute Certificate Table",
		"The padding behind an entry of the certificate table is not zero.", NULL),
	FINDING("pe.cert-revision", LOW,
		"PE Format, The Attribute Certificate Table (wRevision)",
		"The entry has not revision 0x0200; it is read all the same.", NULL),
	FINDING("pe.cert-type", MEDIUM,
		"PE Format, The Attribute Certificate Table (wCertificateType)",
		"The entry is not of type 2 (PKCS #7 SignedData), so it is not read as one.",
		NULL),
	FINDING("pe.checksum-wrong", LOW, "PE Format, Optional Header, CheckSum",
		"CheckSum is not that of the file; Windows asks only drivers for it, and many "
		"tools never write it.",
		NULL),
	FINDING("pe.const-section", LOW, "ATT&CK T1027.001",
		"A section holds at least 64 KiB of one byte that is not zero, as padding "
		"against scanners does.",
		NULL),
	FINDING("pe.digest-divergence", LOW,
		"Authenticode PE 1.0, Calculating the PE Image Hash",
		"Hashing by sections, as the specification's text says, gives another digest "
		"than hashing the file around its holes.",
		NULL),
	FINDING("pe.directory-count", HIGH, "PE Format, Optional Header Data Directories",
		"NumberOfRvaAndSizes leaves out the certificate table's directory entry, but "
		"the entry is filled in: tools that trust the count see no signature.",
		NULL),
	FINDING("pe.directory-cut", HIGH, "PE Format, Optional Header Data Directories",
		"The certificate table's directory entry lies behind the end that "
		"SizeOfOptionalHeader gives.",
		NULL),
	FINDING("pe.entropy-high", LOW, "ATT&CK T1027.002",
		"Code looks compressed or encrypted, as packers leave it; so do some "
		"installers.",
		NULL),
	FINDING("pe.entry-outside-code", MEDIUM, "PE Format, Optional Header Standard Fields",
		"The program begins outside its code: in no section, in the last of them, or "
		"in one that can be written to. Packed installers and some drivers do so too.",
		NULL),
	FINDING("pe.extra-wincert", INFO, "PE Format, The Attribute Certificate Table",
		"The certificate table of a Windows program has more than one entry; only EFI "
		"uses more than the first.",
		NULL),
	FINDING("pe.header-cut", HIGH, "PE Format, Optional Header",
		"The file ends inside its own headers.",
		"Take the file from its vendor again."),
	FINDING("pe.header-outside", HIGH, "PE Format, MS-DOS Stub",
		"The place of the PE header, e_lfanew, lies outside the file.",
		"Take the file from its vendor again."),
	FINDING("pe.hole-overlap", HIGH, "Authenticode PE 1.0, Calculating the PE Image Hash",
		"The certificate table begins inside the headers, so that the places that the "
		"image digest leaves out run backwards.",
		NULL),
	FINDING("pe.icon-malformed", LOW, "Icons (Microsoft), RT_GROUP_ICON and RT_ICON",
		"The program's icon is none, or is larger than an icon can be.", NULL),
	FINDING("pe.manifest-malformed", LOW, "Application Manifests (Microsoft)",
		"The program's manifest is not well-formed XML; Windows would not start such a "
		"program.",
		NULL),
	FINDING("pe.not-pe", INFO, "PE Format, MS-DOS Stub",
		"The file begins like a program, but no PE header stands where e_lfanew "
		"points: a DOS, NE or LE program.",
		NULL),
	FINDING("pe.optional-magic", HIGH, "PE Format, Optional Header Standard Fields",
		"The optional header is neither that of PE32 nor that of PE32+.", NULL),
	FINDING("pe.orphan-table", MEDIUM, "PE Format, The Attribute Certificate Table",
		"A signature stands in the file outside the certificate table: left behind "
		"when the table was removed or replaced.",
		"Take the file from its vendor again and compare the two."),
	FINDING("pe.overlay", LOW, "PE Format, Section Table",
		"Bytes stand behind the last section; the digest covers them, but no header "
		"describes them.",
		NULL),
	FINDING("pe.resource-malformed", LOW, "PE Format, The .rsrc Section",
		"The resource tree contradicts itself: a cycle, a table that is too deep, or "
		"something outside the section.",
		NULL),
	FINDING("pe.rich-forged", LOW, "Rich header (linker of Microsoft, undocumented)",
		"The Rich header's key is not the checksum that its linker computes: the "
		"headers were changed, or the Rich header was copied.",
		NULL),
	FINDING("pe.section-count", LOW, "PE Format, COFF File Header",
		"NumberOfSections is larger than Windows loads; the rest is not described.",
		NULL),
	FINDING("pe.section-outside", LOW, "PE Format, Section Table",
		"A section's raw data reaches outside the file.", NULL),
	FINDING("pe.section-overlap", LOW, "PE Format, Section Table",
		"A section's raw data overlaps the headers or another section.", NULL),
	FINDING("pe.section-wx", MEDIUM, "PE Format, Section Flags",
		"A section can be written to and executed. Packers of honest installers and "
		"some .NET images do so too.",
		NULL),
	FINDING("pe.table-in-section", MEDIUM, "PE Format, The Attribute Certificate Table",
		"The certificate table lies inside a section's raw data, so that bytes that no "
		"digest covers are loaded into memory.",
		NULL),
	FINDING("pe.table-inside", HIGH, "PE Format, The Attribute Certificate Table",
		"The certificate table begins before the sections end: bytes that no digest "
		"covers "
		"are loaded, and the sections behind it are moved.",
		NULL),
	FINDING("pe.table-not-last", MEDIUM, "PE Format, The Attribute Certificate Table",
		"Bytes stand behind the certificate table; they are hashed, but loaders may "
		"refuse the file and many tools overlook them.",
		NULL),
	FINDING("pe.table-outside", HIGH, "PE Format, The Attribute Certificate Table",
		"The certificate table reaches outside the file.",
		"Take the file from its vendor again."),
	FINDING("pe.table-short", HIGH, "PE Format, The Attribute Certificate Table",
		"The directory entry of the certificate table is half filled in, or the table "
		"is shorter than the header of one entry.",
		NULL),
	FINDING("pe.table-unaligned", MEDIUM, "PE Format, The Attribute Certificate Table",
		"The certificate table does not begin at a multiple of eight, as every signing "
		"tool makes it.",
		NULL),
	FINDING("pe.versioninfo-malformed", LOW, "winver.h, VS_VERSIONINFO",
		"A length in the version information cannot be; what stands behind it is not "
		"read.",
		NULL),
	FINDING("pe.versioninfo-path", LOW, "winver.h, String (OriginalFilename)",
		"The original file name is given with a path, which no compiler writes.", NULL),
	FINDING("pe.versioninfo-split", LOW, "winver.h, VS_FIXEDFILEINFO and StringTable",
		"The version information contradicts itself: numbers and text, or two string "
		"tables, differ.",
		NULL),
	FINDING("script.after-block", HIGH, "PowerShell, about_Signing",
		"Text stands behind the signature block: it runs with the script and nobody "
		"signed it.",
		"Take the script from its vendor again."),
	FINDING("script.block-malformed", HIGH, "PowerShell, about_Signing; RFC 4648, 4",
		"What stands in the signature block is no base64.", NULL),
	FINDING("script.block-unended", HIGH, "PowerShell, about_Signing",
		"The signature block has no last line: where it ends, programs must guess.",
		"Take the script from its vendor again."),
	FINDING("script.encoding", LOW, "MultiByteToWideChar; RFC 3629",
		"The script's bytes are not text of the encoding that its beginning shows, or "
		"it was signed as text of another.",
		NULL),
	FINDING("script.inside-block", HIGH, "PowerShell, about_Signing",
		"A line inside the signature block is no part of the signature; it may run, "
		"and nobody signed it.",
		"Take the script from its vendor again."),
	FINDING("script.lookalike-block", HIGH, "ATT&CK T1036.001; Unicode UTS #39, 4",
		"A line is written to be read as the first line of a signature block, and is "
		"not one.",
		"Treat the script as unsigned."),
	FINDING("script.nul", MEDIUM, "PowerShell, about_Character_Encoding",
		"The script holds a NUL: some programs read text no further.", NULL),
	FINDING("script.two-blocks", HIGH, "PowerShell, about_Signing",
		"The script has more than one signature block; programs differ in which they "
		"take.",
		"Take the script from its vendor again."),
	FINDING("spc.data-type", LOW, "Authenticode PE 1.0, SpcIndirectDataContent",
		"The signed content is not of the type that belongs to this kind of file.",
		NULL),
	FINDING("spc.digest-length", HIGH, "Authenticode PE 1.0, DigestInfo",
		"The signed digest is not as long as its algorithm makes it.", NULL),
	FINDING("spc.page-hash", HIGH, "Authenticode PE 1.0, Page Hashes",
		"The image digest holds, but pages differ from their signed page hashes.",
		"Take the file from its vendor again."),
	FINDING("stuffed.payload", MEDIUM, "CVE-2013-3900",
		"Bytes that may carry code or data are hidden behind the signature, where no "
		"digest covers them.",
		"Use --padding reject to refuse such files; look at the bytes with `assay "
		"explain FILE`."),
	FINDING("stuffed.tag", LOW, "CVE-2013-3900",
		"A few bytes stand behind the signature, where no digest covers them; some "
		"vendors put a download tag there.",
		NULL),
	FINDING("trust.dbx-empty", INFO, "UEFI 2.10, 32.4.1",
		"No list of forbidden images (dbx) is installed, so none can be recognised.",
		"Import the dbx of your firmware with `assay trust import dbx=FILE`."),
	FINDING("trust.empty-date", INFO, "Microsoft Trusted Root Program, Deprecation",
		"The root list carries an empty date for this root; it is not applied.", NULL),
	FINDING("trust.list-old", LOW, "Microsoft Trusted Root Program",
		"The installed root list is old.",
		"Import a newer one with `assay trust import`."),
	FINDING("trust.revocation-unusable", LOW, "RFC 5280, 6.3",
		"Revocation data for this certificate is at hand but cannot be used.",
		"Renew the revocation data of this host."),
	WORD("trust.unevaluated", UNTRUSTED, "RFC 5280, 6.1.1",
	     "The signature is sound, but whether to trust it cannot be checked: there is no "
	     "anchor for this kind of file, or no fresh word about revocation, which the "
	     "configuration requires.",
	     "Give what is missing with --trust or [revocation] dir, or import a root list "
	     "with "
	     "`assay trust import`."),
	WORD("trust.unknown-key", UNTRUSTED, "RFC 5280, 6.1.1",
	     "The signature names a key that is not known here, so it cannot be checked whose "
	     "it is.",
	     "Give the certificate with --trust if you know it by other means."),
	FINDING("ts.bad", MEDIUM, "RFC 3161, 2.4.2",
		"A timestamp does not hold or is not trusted, so it proves no time.", NULL),
	FINDING("ts.before-cert", MEDIUM, "RFC 5280, 4.1.2.5",
		"A timestamp is older than the signer's certificate.", NULL),
	FINDING("ts.disagree", MEDIUM, "RFC 3161, 2.4.2",
		"The timestamps of one signature differ by more than a day.", NULL),
	FINDING("ts.future", MEDIUM, "RFC 3161, 2.4.2", "A timestamp lies in the future.",
		NULL),
	FINDING("ts.raw-hash", INFO, "RFC 2985, 5.3.6",
		"An old countersignature signs the bare hash, as some timestamp services did.",
		NULL),
	WORD("verdict.adhoc", ADHOC, "Code signing without identity",
	     "The content is protected against change, but nobody is named as its signer.",
	     NULL),
	WORD("verdict.broken", BROKEN, "Authenticode PE 1.0, Signature Verification",
	     "The signature, or the structure that should hold it, is malformed, or its own "
	     "mathematics fail.",
	     "Do not run it; take the file from its vendor again."),
	WORD("verdict.broken-structure", BROKEN, "PE Format, Optional Header Data Directories",
	     "The file's structure contradicts itself where the signature should be found.",
	     "Do not run it; take the file from its vendor again."),
	WORD("verdict.costume", COSTUME, "ATT&CK T1036.001",
	     "The file is unsigned and wears the face of a program that its vendor always "
	     "signs.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.costume-donor", COSTUME, "ATT&CK T1036.001",
	     "The file is unsigned and wears the names and the icon or manifest of a program "
	     "that its vendor always signs, but has none of that program's code.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.counterfeit", COUNTERFEIT, "ATT&CK T1036.001",
	     "The identity is forged: a self-made certificate poses as somebody else's.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.distrusted", UNTRUSTED, "Microsoft Trusted Root Program, Deprecation",
	     "The signature is sound, but a certificate or key of its chain is on a list of "
	     "those not to be believed, or was issued after its root lost that right.",
	     NULL),
	WORD("verdict.error", ERROR, "assay, process",
	     "The file could not be judged; that says nothing about the file.",
	     "Try again; if it repeats, report it."),
	WORD("verdict.expired", UNTRUSTED, "RFC 5280, 4.1.2.5",
	     "The signature is sound, but a certificate had expired and no timestamp proves "
	     "that it was made before.",
	     NULL),
	WORD("verdict.grafted", GRAFTED, "ATT&CK T1036.001",
	     "The signature is sound, but it was taken from another program.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.grafted-container", GRAFTED,
	     "Authenticode PE 1.0, SpcIndirectDataContent",
	     "The signature is sound, but was made for a file of another kind, as its signed "
	     "content says; it was taken from there.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.grafted-donor", GRAFTED, "ATT&CK T1036.001",
	     "The signature is sound, but belongs to another program, which is known here: "
	     "none of that program's code is in this file.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.grafted-entries", GRAFTED, "ATT&CK T1036.001",
	     "Nothing of what the signature lists stands in the file: it was made for "
	     "another one.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.grafted-inferred", GRAFTED, "ATT&CK T1036.001",
	     "The signature is sound, but several independent signs say that it was taken from "
	     "another program; they are not proof.",
	     "Do not run it; see the signs with `assay explain FILE`."),
	WORD("verdict.grafted-pages", GRAFTED, "Authenticode PE 1.0, Page Hashes",
	     "The signature is sound, but belongs to another program: the pages of code that "
	     "it lists are not in this file.",
	     "Do not run it; find out how it arrived."),
	WORD("verdict.mismatched", MISMATCHED, "ATT&CK T1036.001",
	     "The signed digest is not the digest of this file: the file was altered, or the "
	     "signature belongs to another program.",
	     "Do not run it; replace it by the vendor's copy.  Once `assay donors learn` has "
	     "seen that copy, assay can say which of the two it is."),
	WORD("verdict.no-format", UNSUPPORTED, "assay, formats",
	     "The file is of no program format that is known here.", NULL),
	WORD("verdict.partial", PARTIAL, "Authenticode PE 1.0, Page Hashes",
	     "The signature is good, but bytes that matter are not covered by it.",
	     "Run `assay explain FILE` to see which bytes; take the file from its vendor "
	     "again."),
	WORD("verdict.partial-coverage", PARTIAL, "ATT&CK T1036.001",
	     "What is signed is whole, but the file holds more that matters and that the "
	     "signature does not cover.",
	     "Run `assay explain FILE` to see what; take the file from its vendor again."),
	WORD("verdict.partial-padding", PARTIAL, "CVE-2013-3900",
	     "Bytes are hidden behind the signature, where no digest covers them, and this run "
	     "does not accept that.",
	     "Look at the bytes with `assay explain FILE`."),
	WORD("verdict.partial-pages", PARTIAL, "Authenticode PE 1.0, Page Hashes",
	     "The image digest holds, but pages differ from their signed page hashes.",
	     "Run `assay explain FILE` to see which; take the file from its vendor again."),
	WORD("verdict.partial-parts", PARTIAL, "Apple Code Signing, universal files",
	     "Some of the programs in the file are signed by somebody, others by nobody.",
	     "Find out which of them runs; take the file from its vendor again."),
	WORD("verdict.partial-table", PARTIAL,
	     "Authenticode PE 1.0, Calculating the PE Image Hash",
	     "The image digest holds, but the certificate table was put between the sections, "
	     "so that what is loaded is not what was signed.",
	     "Do not run it; take the file from its vendor again."),
	WORD("verdict.revoked", UNTRUSTED, "RFC 5280, 6.3",
	     "The signature is sound, but a certificate of its chain was revoked.",
	     "Treat the file as coming from whoever had the key; ask the vendor."),
	WORD("verdict.self-signed", UNTRUSTED, "RFC 5280, 3.2",
	     "The signature is sound, but its certificate is vouched for by nobody but itself.",
	     "Add it with --trust if you know it by other means; otherwise treat the name as a "
	     "claim."),
	WORD("verdict.stripped", STRIPPED, "Authenticode PE 1.0, Attribute Certificate Table",
	     "The file bears no signature now, but traces of one that was removed.",
	     "Take the file from its vendor again and compare the two."),
	WORD("verdict.stripped-donor", STRIPPED,
	     "Authenticode PE 1.0, Attribute Certificate Table",
	     "The file is a program that is known as signed, with its signature taken away.",
	     "Take the file from its vendor again."),
	WORD("verdict.stripped-scheme", STRIPPED, "ATT&CK T1036.001",
	     "A signature says that another one stands beside it, and that one is gone.",
	     "Take the file from its vendor again."),
	WORD("verdict.tampered", TAMPERED, "ATT&CK T1036.001",
	     "The file is the program that was signed, changed afterwards.",
	     "Do not run it; replace it by the vendor's copy."),
	WORD("verdict.tampered-donor", TAMPERED, "ATT&CK T1036.001",
	     "The file has the code of the program that was signed, which is known here, but "
	     "was changed afterwards.",
	     "Do not run it; replace it by the vendor's copy."),
	WORD("verdict.tampered-entries", TAMPERED, "ATT&CK T1036.001",
	     "Much of what the signature lists stands in the file as it was signed; the "
	     "rest was changed afterwards.",
	     "Do not run it; replace it by the vendor's copy."),
	WORD("verdict.tampered-pages", TAMPERED, "Authenticode PE 1.0, Page Hashes",
	     "The file has pages of code that the signature lists, but was changed afterwards.",
	     "Do not run it; replace it by the vendor's copy."),
	WORD("verdict.unsigned", UNSIGNED, "PE Format, The Attribute Certificate Table",
	     "The file does not claim to be signed.", NULL),
	WORD("verdict.unsupported", UNSUPPORTED, "PE Format, Certificate Type",
	     "The file claims to be signed in a way that is not built in, so nothing can be "
	     "said about it.",
	     NULL),
	WORD("verdict.unsupported-program", UNSUPPORTED, "PE Format, MS-DOS Stub",
	     "The file is a program of a kind that cannot be signed or judged here, such as a "
	     "DOS program.",
	     NULL),
	WORD("verdict.untrusted", UNTRUSTED, "RFC 5280, 6",
	     "The signature is sound and covers the file, but its chain does not lead to an "
	     "anchor that we may believe.",
	     "Add the root with --trust if you know the signer by other means; otherwise treat "
	     "the name as a claim."),
	WORD("verdict.untrusted-root", UNTRUSTED, "RFC 5280, 6.1.1",
	     "The signature is sound, but its chain does not end in an anchor.",
	     "Add the root with --trust if you know it by other means; otherwise treat the "
	     "name as a claim."),
	WORD("verdict.valid", VALID, "Authenticode PE 1.0, Signature Verification",
	     "The signature covers the file, its mathematics hold, and its chain ends in an "
	     "anchor.",
	     NULL),
	WORD("verdict.weak-algorithm", UNTRUSTED, "RFC 6151, 2",
	     "The signature is sound, but rests on an algorithm or a key that can be forged "
	     "today.",
	     "Compare the file's digest with the vendor's."),
	WORD("verdict.wrong-usage", UNTRUSTED, "RFC 5280, 4.2.1.12",
	     "The signature is sound, but a certificate of its chain was not issued for "
	     "signing code.",
	     NULL),
	FINDING("weak.key", MEDIUM, "NIST SP 800-131A, 3",
		"A key of the chain is too short, or has an unsafe exponent.", NULL),
	FINDING("weak.md5", MEDIUM, "RFC 6151, 2",
		"The signature rests on MD5, for which two files with one digest can be made.",
		NULL),
	FINDING("weak.rsa-1024", INFO, "NIST SP 800-131A, 3",
		"A key of the chain has 1024 bits.", NULL),
	FINDING("weak.sha1", INFO, "NIST SP 800-131A, 9",
		"The signature rests on SHA-1, for which two files with one digest can be made "
		"at some expense.",
		NULL),
	FINDING("zip.cd-slack", MEDIUM, "APPNOTE 6.3.10, 4.3.12",
		"Bytes stand in the central directory behind its last record.", NULL),
	FINDING("zip.central-gap", MEDIUM, "APPNOTE 6.3.10, 4.3.6",
		"Bytes stand between the central directory and the end record.", NULL),
	FINDING("zip.central-malformed", HIGH, "APPNOTE 6.3.10, 4.3.12",
		"The central directory and its end record contradict each other.", NULL),
	FINDING("zip.descriptor-differs", HIGH, "APPNOTE 6.3.10, 4.3.9",
		"A data descriptor and the central directory tell of different contents.",
		NULL),
	FINDING("zip.duplicate-folder", LOW, "APPNOTE 6.3.10, 4.4.17",
		"An empty folder is listed twice.", NULL),
	FINDING("zip.duplicate-name", HIGH, "APPNOTE 6.3.10, 4.4.17 (CVE-2013-4787)",
		"A name is in the archive twice: who checks one may run the other.",
		"Do not use the archive."),
	FINDING("zip.encrypted", MEDIUM, "APPNOTE 6.3.10, 7",
		"An entry is encrypted and cannot be judged.", NULL),
	FINDING("zip.gap", LOW, "APPNOTE 6.3.10, 4.3.6",
		"Bytes stand between the entries that belong to none of them.", NULL),
	FINDING("zip.local-differs", HIGH, "APPNOTE 6.3.10, 4.3.7",
		"A local header and the central directory tell of different entries: "
		"readers disagree about what is in the archive.",
		"Do not use the archive."),
	FINDING("zip.local-method", MEDIUM, "APPNOTE 6.3.10, 4.4.5",
		"A local header names another compression method than the central "
		"directory.",
		NULL),
	FINDING("zip.local-missing", HIGH, "APPNOTE 6.3.10, 4.3.7",
		"The central directory lists an entry that is not there.", NULL),
	FINDING("zip.multiple-eocd", HIGH, "APPNOTE 6.3.10, 4.3.16",
		"There is more than one end record: readers disagree about which archive "
		"this is.",
		"Do not use the archive."),
	FINDING("zip.name-alias", INFO, "APPNOTE 6.3.10, 4.4.17",
		"Two names are one on systems that take letters of both cases, or both "
		"slashes, for the same.",
		NULL),
	FINDING("zip.name-refused", HIGH, "APPNOTE 6.3.10, 4.4.17",
		"An entry has a name that leads out of the folder into which the archive is "
		"unpacked, or that readers read differently.",
		"Do not unpack the archive."),
	FINDING("zip.odd-method", MEDIUM, "APPNOTE 6.3.10, 4.4.5",
		"An entry is neither stored nor deflated.", NULL),
	FINDING("zip.overlap", HIGH, "APPNOTE 6.3.10, 4.3.6", "Two entries share bytes.",
		"Do not use the archive."),
	FINDING("zip.polyglot", HIGH, "APPNOTE 6.3.10, 4.3.6 (CVE-2017-13156)",
		"Bytes that belong to no entry begin like a program or another archive.",
		"Treat the file as two files; nothing that vouches for the entries vouches "
		"for both."),
	FINDING("zip.prefix", LOW, "APPNOTE 6.3.10, 4.3.6",
		"Bytes stand before the first entry.", NULL),
	FINDING("zip.prefix-raw", MEDIUM, "APPNOTE 6.3.10, 4.4.24",
		"Bytes were put before the archive without counting them in its offsets.",
		NULL),
	FINDING("zip.trailing", MEDIUM, "APPNOTE 6.3.10, 4.3.16",
		"Bytes stand behind the end of the archive.", NULL),
	FINDING("zip.two-directories", HIGH, "APPNOTE 6.3.10, 4.4.24",
		"Two central directories could be meant: readers disagree about which.",
		"Do not use the archive."),
	FINDING("zip.unicode-path", HIGH, "APPNOTE 6.3.10, 4.6.9",
		"An entry has two names, one for old and one for new readers.",
		"Do not use the archive."),
	FINDING("zip.zip64-contradicts", HIGH, "APPNOTE 6.3.10, 4.3.14",
		"ZIP64 records are there without need, or contradict the end record.", NULL),
};
const size_t n_rules = COUNT_OF(rules);

static int compare_id(const void *id, const void *row)
{
	return strcmp((const char *)id, ((const struct rule *)row)->id);
}

const struct rule *rule_find(const char *id)
{
	return (const struct rule *)bsearch(id, rules, n_rules, sizeof(rules[0]), compare_id);
}
