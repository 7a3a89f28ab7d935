# SPDX-License-Identifier: MIT
"""What the tests of the graph share: D3FEND's page of T1036.001 as a table, TAP, programs."""
import os
import pathlib
import subprocess

NAMESPACE = "http://d3fend.mitre.org/ontologies/d3fend.owl#"
OURS = "https://assay.invalid/ns#"
STATES = {"not-built", "off", "active", "degraded", "failed", "unknown"}
TECHNIQUE, ARTIFACT = "T1036.001", "ExecutableBinary"

# Id, class, label, what it does to the artifact, on which class, what that may do, tactic.
PAGE = [
    ("D3-DA", "DynamicAnalysis", "Dynamic Analysis", "analyzes", "ExecutableFile",
     "may-detect", "Detect"),
    ("D3-EFA", "EmulatedFileAnalysis", "Emulated File Analysis", "analyzes", "ExecutableFile",
     "may-detect", "Detect"),
    ("D3-DF", "DecoyFile", "Decoy File", "spoofs", "File", "may-deceive", "Deceive"),
    ("D3-FE", "FileEncryption", "File Encryption", "encrypts", "File", "may-harden", "Harden"),
    ("D3-EAL", "ExecutableAllowlisting", "Executable Allowlisting", "blocks", "ExecutableFile",
     "may-isolate", "Isolate"),
    ("D3-FEV", "FileEviction", "File Eviction", "deletes", "File", "may-evict", "Evict"),
    ("D3-EDL", "ExecutableDenylisting", "Executable Denylisting", "blocks", "ExecutableFile",
     "may-isolate", "Isolate"),
    ("D3-RF", "RestoreFile", "Restore File", "restores", "File", "may-restore", "Restore"),
    ("D3-FIM", "FileIntegrityMonitoring", "File Integrity Monitoring", "analyzes", "File",
     "may-detect", "Detect"),
    ("D3-FA", "FileAnalysis", "File Analysis", "analyzes", "File", "may-detect", "Detect"),
    ("D3-RFAM", "RemoteFileAccessMediation", "Remote File Access Mediation", "isolates", "File",
     "may-isolate", "Isolate"),
    ("D3-LFP", "LocalFilePermissions", "Local File Permissions", "restricts", "File",
     "may-isolate", "Isolate"),
]
LABELS = {row[0]: row[2] for row in PAGE} | {TECHNIQUE: "Invalid Code Signature",
                                             ARTIFACT: "Executable Binary"}
CLASSES = {row[0]: row[1] for row in PAGE} | {TECHNIQUE: TECHNIQUE, ARTIFACT: ARTIFACT}
EDGES = [(TECHNIQUE, "creates", ARTIFACT, "asserted")]
for row in PAGE:
    EDGES += [(row[0], row[3], ARTIFACT, "asserted"), (row[0], row[5], TECHNIQUE, "inferred")]

counts = {"all": 0, "bad": 0}


def check(what, name, note=""):
    counts["all"] += 1
    counts["bad"] += not what
    print(f"{'ok' if what else 'not ok'} {counts['all']} - {name}", flush=True)
    if not what and note:
        print("# " + str(note)[:1500].replace("\n", "\n# "))


def skip(name, why):
    counts["all"] += 1
    print(f"ok {counts['all']} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{counts['all']}")
    return 1 if counts["bad"] else 0


def ontology():
    """A release of D3FEND that somebody has put where we look; None: there is none."""
    root = pathlib.Path(__file__).resolve().parents[1]
    places = [os.environ.get("ASSAY_D3FEND"), root.parent / "shared/d3fend"]
    for place in filter(None, places):
        place = pathlib.Path(place)
        files = [place] if place.is_file() else sorted(place.glob("d3fend-*.ttl"))
        if files:
            return str(files[-1].resolve())
    return None


class Program:
    def __init__(self, assay, home):
        self.assay = os.path.abspath(assay)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}

    def run(self, *words, **options):
        return subprocess.run([self.assay, *words], capture_output=True, timeout=120, check=False,
                              env=self.environment, stdin=subprocess.DEVNULL, **options)

    def text(self, *words):
        """What it prints when all is well."""
        run = self.run(*words)
        check(run.returncode == 0 and not run.stderr, f"assay {' '.join(words)}",
              (run.returncode, run.stderr))
        return run.stdout.decode("utf-8")
