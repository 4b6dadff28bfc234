"""Writes the background of English words (src/retrieve/rank/background_en.c): how many paragraphs have each, counted in the
documents, not the questions, of sets whose licences allow it.

    python3 tests/bench/background.py [--bench build/tests/bench_retrieval] > src/retrieve/rank/background_en.c
"""
import argparse
import collections
import math
import os
import subprocess

SETS = ["contractnli", "covidqa", "maud"]  # contracts, papers, merger agreements
RARE, STEP = 0.005, 0.4


def shares(bench, folder):
    text = subprocess.run([bench, "words", folder, "--words"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()
    paragraphs, count = 0, collections.Counter()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        n, *terms = line.split()
        paragraphs += int(n)
        for term in terms:
            h, df = term.split(":")
            count[int(h)] += int(df)
    return {h: c / paragraphs for h, c in count.items()}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bench", default="build/tests/bench_retrieval")
    ap.add_argument("--root", default=os.path.join(os.environ.get("SEXTANT_SHARED", "../shared"), "bench", "retrieval"))
    a = ap.parse_args()
    most = collections.defaultdict(float)
    for name in SETS:
        for h, share in shares(a.bench, os.path.join(a.root, name, "docs")).items():
            most[h] = max(most[h], share)
    table = {}
    for h, share in most.items():
        if share > RARE:
            key, level = h >> 4, round(-math.log(share) / STEP)
            table[key] = min(level, table.get(key, 15))
    words = ["0x%07x%xu" % (key, level) for key, level in sorted(table.items())]
    print("/* Written by tests/bench/background.py from the documents of ContractNLI (CC BY 4.0), COVID-QA (Apache-2.0) and MAUD (CC BY")
    print(" * 4.0): numbers of paragraphs only. */")
    print('#include "retrieve/rank/background.h"\n')
    print("/* clang-format off */\nconst uint32_t sx_background_en[] = {")
    for i in range(0, len(words), 9):
        print("    " + ", ".join(words[i:i + 9]) + ",")
    print("};\n/* clang-format on */\n")
    print("const uint32_t sx_background_en_count = sizeof sx_background_en / sizeof *sx_background_en;")


main()
