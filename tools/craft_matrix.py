# SPDX-License-Identifier: MIT
"""The forge matrix of every format but Windows programs: real files, what is right, how often."""
import collections
import csv
import os
import pathlib
import subprocess

import forge_matrix as matrix

ROOT = matrix.ROOT
CORPUS = pathlib.Path(os.environ.get("ASSAY_CORPUS", ROOT.parent / "shared/corpus"))
FORGED = ("grafted", "tampered", "counterfeit")


def write_list(build):
    """The real files that are here, as build/tests/crafts reads them."""
    path = build / "eval/crafts.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        for craft, standing, *files in matrix.tsv(ROOT / "tests/crafts.tsv"):
            whole = [CORPUS / file for file in files]
            if all(file.exists() for file in whole):
                fields = [craft, standing, whole[0].name, *map(str, whole)]
                out.write("\t".join(fields) + "\n")
    return path


def anchors(build):
    """Files that hold the anchors of the corpus: PEM, and keys of other kinds."""
    folder = CORPUS / "anchors"
    if not folder.is_dir():
        return []
    whole = build / "eval" / "anchors.pem"
    whole.write_text("".join(p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.pem"))
                             if ".crl." not in p.name), encoding="utf-8")
    return [whole, *sorted(folder.glob("assay-test-*.gpg")), *sorted(folder.glob("assay-test-*.pub"))]


def run(build, files, seeds):
    """Rows of all cells, with what is right of each; what was not made, and why; complaints."""
    command = [build / "tests/crafts", "--files", str(files), "--seeds", str(seeds), "--list",
               write_list(build), "--database", build / "trust.db"]
    for path in anchors(build):
        command += ["--anchors", path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"crafts ended with {done.returncode}: {done.stderr.splitlines()[-3:]}")
    lines = done.stdout.splitlines()
    skipped = collections.Counter(tuple(line.split("\t")[1:3] + line.split("\t")[4:5])
                                  for line in lines if line.startswith("# skip"))
    rows = list(csv.DictReader((l for l in lines if not l.startswith("#")), delimiter="\t"))
    for row in rows:
        judge(row)
    return rows, skipped, done.stderr.splitlines()


def judge(row):
    """Adds what is right: .right, .undecided (too little content to say more), .wrong ..."""
    words = row["expected"].split("|")
    other = {"stolen": "tampered", "altered": "grafted"}.get(row["group"])
    row["right"] = row["word"] in words
    row["undecided"] = row["origin"] == "real" and row["word"] == "mismatched" and \
        any(w in FORGED for w in words)
    row["wrong"] = row["word"] == other and not row["right"]
    row["touched"] = row["group"] != "untouched"
    # Whose signature is the donor's own, and is over other bytes.
    row["can_name"] = row["standing"] == "known" and row["group"] in ("stolen", "altered") and \
        row["word"] in ("grafted", "tampered", "mismatched") and \
        row["rule"] != "verdict.grafted-slices" and not row["op"].startswith("stolen-of-")
    row["must_flag"] = row["touched"] and "unsigned" not in words


def needs(rows):
    """(what, kept, total, is it kept) for each thing that is needed."""
    touched = [r for r in rows if r["touched"]]
    tests = [
        ("other formats: flagged", [r["flagged"] == "1" for r in touched if r["must_flag"]], 1.0),
        ("other formats: the right word, files of the forge",
         [r["right"] for r in touched if r["origin"] == "own"], 0.99),
        ("other formats: the right word or mismatched, real files",
         [r["right"] or r["undecided"] for r in touched if r["origin"] == "real"], 0.99),
        ("other formats: never the wrong one of grafted and tampered",
         [not r["wrong"] for r in touched if r["group"] in ("stolen", "altered")], 0.999),
        ("other formats: the known donor is named",
         [r["named"] == "1" for r in touched if r["can_name"]], 0.99),
        ("other formats: untouched files are not flagged",
         [r["flagged"] == "0" for r in rows if not r["touched"]], 1.0),
        ("other formats: untouched files have the right word",
         [r["right"] for r in rows if not r["touched"]], 1.0),
    ]
    return [(what, sum(kept), len(kept), not kept or sum(kept) / len(kept) >= least)
            for what, kept, least in tests]


def complain(rows):
    """Every miss, so that its cause can be found."""
    for r in rows:
        if not (r["right"] or r["undecided"]) or (r["must_flag"] and r["flagged"] != "1"):
            print(f"# {r['format']} {r['op']} host {r['host']} donor {r['donor']} "
                  f"({r['standing']}) seed {r['seed']}: {r['word']} {r['rule']}, right is "
                  f"{r['expected']}")


def grouped(rows, *keys):
    out = {}
    for row in rows:
        out.setdefault(tuple(row[k] for k in keys), []).append(row)
    return out


def format_lines(rows):
    """One line for each craft."""
    out = []
    for (craft,), all_rows in grouped(rows, "format").items():
        cells = [r for r in all_rows if r["touched"]]
        clean = [r for r in all_rows if not r["touched"]]
        must = [r for r in cells if r["must_flag"]]
        known = [r for r in cells if r["can_name"]]
        real = len({r["donor"] for r in clean if r["origin"] == "real"})
        out.append((craft, len(cells), f"{len(clean)} ({real} real)",
                    len({r["host"] for r in cells if r["group"] == "stolen"}),
                    matrix.rate(sum(r["flagged"] == "1" for r in must), len(must)),
                    matrix.rate(sum(r["right"] for r in cells), len(cells)),
                    sum(r["undecided"] for r in cells), sum(r["wrong"] for r in cells),
                    f"{sum(r['named'] == '1' for r in known)} of {len(known)}" if known else "–",
                    matrix.rate(sum(r["flagged"] == "1" for r in clean), len(clean))))
    return ("format", "forged", "donors", "hosts", "flagged", "right word", "mismatched instead",
            "the wrong word", "known donor named", "untouched, flagged"), out


def trick_lines(rows):
    """One line for each trick: what was said of it."""
    out = []
    for (craft, op), cells in grouped([r for r in rows if r["touched"]], "format", "op").items():
        words = collections.Counter(r["word"] for r in cells)
        right = sorted({r["expected"] for r in cells})
        out.append((craft, op, len(cells), " / ".join(right).replace("|", " or "),
                    ", ".join(f"{w} {n}" for w, n in words.most_common()),
                    matrix.rate(sum(r["right"] for r in cells), len(cells))))
    return ("format", "trick", "files", "right is", "said", "right word"), out


def file_lines(rows):
    """Files that share a donor or a host are not independent."""
    out = []
    touched = [r for r in rows if r["touched"]]
    real = {r["donor"] for r in rows if not r["touched"] and r["origin"] == "real"}
    for what, origin in (("donor", "own"), ("donor", "real"), ("host", None)):
        chosen = [r for r in touched if r["group"] == "stolen" or what == "donor"]
        files = {key: cells for key, cells in grouped(chosen, "format", what).items()
                 if origin is None or (key[1] in real) == (origin == "real")}
        wrong = sum(any(r["wrong"] for r in cells) for cells in files.values())
        sound = sum(all(r["right"] or r["undecided"] for r in cells) for cells in files.values())
        name = f"distinct {what}s" + {"own": ", made by the forge", "real": ", real"}.get(origin, "")
        out.append((name, len(files), matrix.rate(wrong, len(files)),
                    matrix.rate(sound, len(files))))
    return ("", "files", "with any wrong word", "without any miss"), out
