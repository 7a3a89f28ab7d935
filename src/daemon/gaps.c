/* SPDX-License-Identifier: MIT */
#include "daemon/gaps.h"

#include "base/span.h"

#define GAP(of, ...)                                                                           \
	{                                                                                      \
		(of), __VA_ARGS__                                                              \
	}

static const struct {
	unsigned of; /* enum gap_host: all of these */
	const char *what;
} gaps[] = {
	GAP(GAP_TIER_B | GAP_LAX, "programs started through the dynamic loader (ld.so "
				  "PROGRAM), and libraries (LD_PRELOAD, dlopen)"),
	GAP(GAP_TIER_B | GAP_STRICT,
	    "libraries (LD_PRELOAD, dlopen), unless ld.so itself was run"),
	GAP(GAP_TIER_A | GAP_FIRST_MAPS,
	    "libraries, and programs that ld.so is given, that nobody vetted before: the first "
	    "time that they are mapped"),
	GAP(GAP_TIER_A | GAP_FIRST_ROOTS,
	    "libraries, and programs that ld.so is given, that only root can write to and "
	    "nobody vetted before: the first time that they are mapped"),
	GAP(GAP_TIER_A, "libraries, and programs that ld.so is given, in layered file systems "
			"(containers), unless they were denied before"),
	GAP(GAP_TIER_A, "what is changed after it was mapped, in who mapped it"),
	GAP(GAP_OLD_LAYERS, "stores through mappings into files of layered file systems "
			    "(containers), while they are judged"),
	GAP(GAP_WRITERS,
	    "what is written to a program while it is begun to be run: this kernel "
	    "(Linux 6.11 to 6.12.1) does not keep writers away, or that could not be "
	    "found out"),
	GAP(GAP_LAX, "scripts that an interpreter opens (sh FILE); a script that is run itself "
		     "is covered"),
	GAP(GAP_LAX, "Windows programs under wine, which opens them itself"),
	GAP(GAP_STRICT, "what an interpreter does not open as a script: -c, standard input, "
			"pipes, eval, bytecode (.pyc, caches)"),
	GAP(GAP_STRICT,
	    "scripts without #!, and archives of scripts, that neither have an ending of their "
	    "language nor may be run, or that begin as an ELF file does"),
	GAP(GAP_STRICT,
	    "interpreters, and copies of them, that [guard] interpreter does not name"),
	GAP(GAP_STRICT,
	    "scripts that are changed while they run, two seconds after they were opened"),
	GAP(GAP_TIER_A | GAP_NAMED, "programs in memory (memfd_create, fexecve)"),
	GAP(GAP_TIER_B, "programs in memory (memfd_create, fexecve)"),
	GAP(0, "code that a program makes or reads into memory of its own, or maps from there "
	       "(mmap, mprotect, memfd_create)"),
	GAP(0, "what is still written into a program by a transfer that began while it was "
	       "mapped to be written, and goes on when it is not any more "
	       "(process_vm_writev, O_DIRECT)"),
	GAP(0, "what root writes to a disk, or a user to an image of his own that is mounted "
	       "(udisksctl loop-setup), past the file system that is mounted from it"),
	GAP(0, "file systems of a network that [guard] filesystems does not name"),
	GAP(0, "other bytes than were judged, from who serves a file system by FUSE or a "
	       "network"),
	GAP(GAP_ALL, "what is served by FUSE in a name space of users, which not even root can "
		     "ask about; what still runs from there is told (found_running)"),
	GAP(GAP_TIER_B | GAP_FAST,
	    "with [guard] fast, stores through a mapping into a program that was let run"),
	/* Where only named places are guarded, nobody scouts. */
	GAP(GAP_NAMED, "file systems that [guard] filesystems does not name, in whatever name "
		       "space of mounts"),
	GAP(GAP_NAMED, "what ran already when the guard came, or while nobody could ask; where "
		       "all file systems are guarded it is judged, and told"),
	GAP(GAP_ALL, "what is run in the first milliseconds of a file system in another name "
		     "space of mounts, or of one that is mounted nowhere; what then still runs "
		     "is told (found_running)"),
	GAP(GAP_TIER_B, "everything, once the guard is dead"),
	GAP(GAP_TIER_A | GAP_LENIENT, "what was not denied before, once the guard is dead"),
	GAP(GAP_TIER_A | GAP_FIRM,
	    "what was not denied before, ten seconds after the guard is dead"),
};

const char *gap_next(unsigned host, size_t *at)
{
	while (*at < COUNT_OF(gaps)) {
		size_t i = (*at)++;

		if ((gaps[i].of & host) == gaps[i].of)
			return gaps[i].what;
	}
	return NULL;
}
