"""Runs bench_retrieval over the question sets under $SEXTANT_SHARED/bench/retrieval and prints a table and the means.

    python3 tests/bench/retrieval.py [--bench build/tests/bench_retrieval] [--no-doc] [--bm25] [--features DIR] [set ...]
"""
import argparse
import json
import os
import re
import subprocess

SETS = ["xquad", "drcd", "cmrc2018", "jaquad", "covidqa", "contractnli", "stard", "financebench", "maud"]


def rows(root, name, file):
    path = os.path.join(root, name, file)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        out = []
        for line in f:
            q = json.loads(line)
            spans = ";".join("%d,%d" % (e["start"], e["end"]) for e in q["evidence"])
            group = q["lang"] if name == "xquad" else "all"
            out.append("\t".join([q["doc"], group, spans, " ".join(q["question"].split())]) + "\n")
        return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bench", default="build/tests/bench_retrieval")
    ap.add_argument("--root", default=os.path.join(os.environ.get("SEXTANT_SHARED", "../shared"), "bench", "retrieval"))
    ap.add_argument("--no-doc", action="store_true")
    ap.add_argument("--bm25", action="store_true", help="plain BM25 over paragraphs instead")
    ap.add_argument("--features")
    ap.add_argument("sets", nargs="*")
    a = ap.parse_args()
    total = []
    for name in a.sets or SETS:
        cmd = [a.bench, name, os.path.join(a.root, name, "docs")]
        if a.no_doc or a.bm25:
            cmd.append("--" + "-".join(["bm25"] * a.bm25 + ["no-doc"] * a.no_doc))
        if a.features:
            cmd.append(os.path.join(a.features, name + ".f32"))
        lines = rows(a.root, name, "queries.jsonl") + rows(a.root, name, "negatives.jsonl")
        text = subprocess.run(cmd, input="".join(lines).encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
        print(text, end="", flush=True)
        at = [[float(v) for v in re.findall(r"(?:R@\d+|MRR) +([\d.]+)", x)] for x in text.splitlines() if " R@1 " in x]
        if at:
            total.append([sum(c) / len(c) for c in zip(*at)])
    if total:
        m = [sum(c) / len(c) for c in zip(*total)]
        print("MEAN over sets       R@1 %5.1f  R@3 %5.1f  R@5 %5.1f  R@10 %5.1f  MRR %.3f" % tuple(m))


main()
