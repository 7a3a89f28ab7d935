# SPDX-License-Identifier: MIT
"""The forge matrix: which programs it is made of, what is right in each cell, and how often."""
import collections
import csv
import math
import pathlib
import subprocess

import registry

ROOT = pathlib.Path(__file__).resolve().parent.parent
MINGW = {"mingw-x64": "x86_64-w64-mingw32", "mingw-x86": "i686-w64-mingw32"}
# source, flags, resources, ending
MINGW_HOSTS = [("print", "-O2 -s", False, "exe"), ("print", "-O0 -g -static", False, "exe"),
               ("print", "-Os", True, "exe"), ("measure", "-O2 -static", False, "exe"),
               ("measure", "-O0 -g", True, "exe"), ("library", "-O2 -s -shared", False, "dll")]
MIN_PAGES = 4  # fewer pages of code decide nothing


def wilson(k, n, z=1.96):
    """The 95 % interval of a rate of which k of n were seen."""
    if n == 0:
        return 0.0, 1.0
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def percent(x):
    return f"{100 * x:.2f} %"


def rate(k, n):
    """The rate with its interval; never more certainty than n allows."""
    if n == 0:
        return "–"
    low, high = wilson(k, n)
    if k == 0:
        return f"0 of {n} (≤ {percent(high)})"
    if k == n:
        return f"{n} of {n} (≥ {percent(low)})"
    return f"{k} of {n}: {percent(k / n)} ({percent(low)}–{percent(high)})"


def tsv(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def packages(build, offline, problems):
    """Folders of all packages of both lists that can be had, by name."""
    folders = {}
    for path in (ROOT / "tests/registry.tsv", ROOT / "tests/matrix.tsv"):
        for row in tsv(path):
            if row[0] != "package":
                continue
            folder, problem = registry.package(build, *row[1:5], offline)
            if problem:
                problems.append(problem)
            if folder:
                folders[row[2]] = folder
    return folders


def compile_hosts(out):
    """Tiny programs by mingw, the same in every run; none where it is not installed."""
    made = []
    out.mkdir(parents=True, exist_ok=True)
    for kind, triple in MINGW.items():
        for number, (source, flags, resources, ending) in enumerate(MINGW_HOSTS):
            path = out / f"{kind}-{number}-{source}.{ending}"
            command = [f"{triple}-gcc", ROOT / f"tests/hosts/{source}.c", *flags.split(),
                       "-Wl,--no-insert-timestamp", "-lm", "-o", path]
            try:
                if resources:
                    clothes = out / f"{kind}.o"
                    subprocess.run([f"{triple}-windres", ROOT / "tests/hosts/clothes.rc", "-O",
                                    "coff", "-o", clothes], check=True)
                    command.insert(2, clothes)
                subprocess.run(command, check=True)
            except FileNotFoundError:
                print(f"# skip {kind}: {triple}-gcc is not installed")
                break
            made.append((kind, path))
    return made


def write_list(build, folders, quick):
    """What build/tests/matrix reads.  @quick: one host of a kind, every third donor."""
    path = build / "eval" / ("quick.tsv" if quick else "list.tsv")
    rows = [("host", kind, host.name, host) for kind, host in compile_hosts(build / "eval/hosts")]
    for row in tsv(ROOT / "tests/matrix.tsv"):
        if row[0] == "package" or row[2] not in folders:
            continue
        file = folders[row[2]] / row[3]
        if file.exists():
            rows.append((row[0], row[1], f"{row[2]}:{file.parent.name}/{file.name}", file))
    if quick:
        kinds = {r[1]: r for r in reversed(rows) if r[0] == "host"}
        rows = list(kinds.values()) + [r for i, r in enumerate(
            r for r in rows if r[0] != "host") if i % 3 == 0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(map(str, r)) + "\n" for r in rows), encoding="utf-8")
    return path


def run(build, arguments, parts=2):
    """Rows of all cells, and why the others make no sense."""
    command = [build / "tests/matrix", *arguments]
    jobs = [subprocess.Popen([*command, "--part", f"{i}/{parts}"], stdout=subprocess.PIPE,
                             text=True, encoding="utf-8") for i in range(parts)]
    rows, skipped = [], collections.Counter()
    for job in jobs:
        lines = job.communicate()[0].splitlines()
        if job.returncode:
            raise SystemExit(f"matrix ended with {job.returncode}: {lines[-1:]}")
        for line in lines:
            if line.startswith("# skip"):
                _, op, _, _, why = line.split("\t")
                skipped[op, why] += 1
        rows += csv.DictReader((l for l in lines if not l.startswith("#")), delimiter="\t")
    for row in rows:
        judge(row)
    return rows, skipped


def bare_word(row, known):
    """Distributions ship the same program signed and not: without a trace of the signature only a
    vendor who signs every copy makes it a stripped one."""
    told = row["op"] == "strip" or row["always"] == "1"
    return "stripped" if known and told else "unsigned"


def judge(row):
    """Adds what is right: .decided, .right, .wrong (the one word that must not be), .accepted."""
    known = row["standing"] not in ("withheld", "pages")
    group, word = row["group"], row["word"]
    proof = row["standing"] not in ("withheld", "digest") and int(row["donor_pages"]) >= MIN_PAGES
    row["known"] = known
    if group == "graft":
        row["decided"] = proof
        right, other = "grafted", "tampered"
    elif group == "tamper":
        row["decided"] = proof
        right, other = "tampered", "grafted"
    elif group == "beyond":
        row["decided"] = False
        right, other = "tampered", "grafted"
    else:
        row["decided"], other = True, None
        right = {"stuff": "valid", "counterfeit": "counterfeit", "strip": bare_word(row, known),
                 "costume": "costume" if known and row["costume"] == "1" else "unsigned"}[group]
    row["expected"] = right
    row["right"] = word == right
    row["wrong"] = other is not None and word == other
    row["undecided"] = word == "mismatched"
    # Nothing is left of a stripped signature, and nothing was taken by a costume, that can be
    # recognised without an index.
    row["must_flag"] = group not in ("strip", "costume") or right in ("stripped", "costume")


def needs(rows):
    """(what, kept, total, is it kept) for each thing that is needed."""
    stolen = [r for r in rows if r["group"] in ("graft", "tamper")]
    beyond = [r for r in rows if r["group"] == "beyond"]
    decided = [r for r in stolen if r["decided"]]
    undecided = [r for r in stolen if not r["decided"]]
    known = [r for r in rows if r["known"] and
             (r["group"] in ("graft", "tamper", "beyond") or r["expected"] in ("stripped", "costume"))]
    tests = [
        ("flagged", [r["flagged"] == "1" for r in rows if r["must_flag"]], 1.0),
        ("grafted or tampered, rightly, where content decides", [r["right"] for r in decided], 0.99),
        ("the rest of those is mismatched", [r["right"] or r["undecided"] for r in decided], 0.999),
        ("never the wrong one of the two", [not r["wrong"] for r in stolen], 0.999),
        ("without proof: mismatched, or grafted by inference",
         [r["undecided"] or (r["word"] == "grafted" and r["group"] == "graft" and
                             r["confidence"] != "-") or (r["right"] and r["confidence"] == "proven")
          for r in undecided], 0.999),
        ("the known donor is named", [r["named"] == "1" for r in known], 1.0),
        ("signer told", [r["signer_told"] == "1" for r in stolen + beyond], 1.0),
        ("donor's digest told", [r["digest_told"] == "1" for r in stolen + beyond], 1.0),
        ("stuffed, counterfeit, stripped, bare: the right word",
         [r["right"] for r in rows if r["group"] in ("stuff", "counterfeit", "strip")], 0.99),
        ("costumes: the right word", [r["right"] for r in rows if r["group"] == "costume"], 0.99),
    ]
    return [(what, sum(kept), len(kept), not kept or sum(kept) / len(kept) >= least)
            for what, kept, least in tests]
