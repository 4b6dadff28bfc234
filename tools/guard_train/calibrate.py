#!/usr/bin/env python3
"""calibrate.py RAW_TAGS BENCH MODEL: fits what the recogniser's scores mean and writes it into the header of MODEL.

For each type a logistic curve over the log-odds of the raw score (Platt 1999), drawn towards the curve of all types together where there
are few findings: on the findings in the public labelled sentences (synth_v2, synth_large: presidio-research, MIT), whose weights were
learned without them. A finding is right when its type is and at least half of it and the labelled span is shared. Printed: how many are right per tenth of
score, each set judged by curves of the other, whose sentences come from other templates."""
import json
import math
import os
import struct
import subprocess
import sys

import numpy as np

TYPES = ["PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "AGE", "NRP", "TITLE"]
ALIAS = {"GPE": "LOCATION", "STREET_ADDRESS": "ADDRESS", "ZIP_CODE": "ADDRESS", "CN_ADDRESS": "ADDRESS", "PREFIX": "TITLE"}
SETS = ("pii_synth_v2", "pii_synth_large")
HEADER = 16
DRAWN = 4.0  # the pull towards all types together, in findings


def findings(raw_tags, bench, model, name):
    """(log-odds, type, right) of each finding of a type that the set labels."""
    rows = [json.loads(line) for line in open(os.path.join(bench, name + ".jsonl"), encoding="utf-8")]
    want = [[(ALIAS.get(s["type"], s["type"]), s["start"], s["end"]) for s in r["expected"]] for r in rows]
    labelled = {t for spans in want for t, _, _ in spans}
    out = subprocess.run([raw_tags, model], input="".join(r["text"] + "\x1e" for r in rows).encode(), stdout=subprocess.PIPE, check=True).stdout
    for line in out.decode().splitlines():
        i, t, start, end = (int(x) for x in line.split()[:4])
        p = min(max(float(line.split()[4]), 1e-4), 1 - 1e-4)
        if TYPES[t] in labelled:
            right = any(k == TYPES[t] and 2 * (min(e, end) - max(s, start)) >= max(e, end) - min(s, start) for k, s, e in want[i])
            yield math.log(p / (1 - p)), t, right


def fit(x, t, y):
    """Slopes and offsets of the types."""
    n = len(TYPES)
    count = np.bincount(t, minlength=n)
    slope, offset, slopes, offsets = 1.0, 0.0, np.zeros(n), np.zeros(n)
    for _ in range(3000):
        g = 1 / (1 + np.exp(-((slope + slopes[t]) * x + offset + offsets[t]))) - y
        slope -= 0.125 * (g * x).mean()
        offset -= 0.5 * g.mean()
        slopes -= 0.025 * (np.bincount(t, g * x, n) + 4 * DRAWN * slopes) / (count + 20)
        offsets -= 0.5 * (np.bincount(t, g, n) + DRAWN * offsets) / (count + 20)
    return slope + slopes, offset + offsets


def main():
    raw_tags, bench, model = sys.argv[1:]
    sets = [[np.array(c) for c in zip(*findings(raw_tags, bench, model, name))] for name in SETS]
    score, right = [], []
    for k, (x, t, y) in enumerate(sets):
        slopes, offsets = fit(*sets[1 - k])
        score += list(1 / (1 + np.exp(-(slopes[t] * x + offsets[t]))))
        right += list(y)
    score, right = np.array(score), np.array(right)
    for tenth in range(10):
        inside = np.minimum((score * 10).astype(int), 9) == tenth
        if inside.any():
            print("%.1f-%.1f: %d findings, %.2f right" % (tenth / 10, (tenth + 1) / 10, inside.sum(), right[inside].mean()))
    slopes, offsets = fit(*(np.concatenate([s[c] for s in sets]) for c in range(3)))
    blob = bytearray(open(model, "rb").read())
    for i, name in enumerate(TYPES):
        print("%-12s slope %.3f offset %+.3f" % (name, slopes[i], offsets[i]))
        struct.pack_into("<ff", blob, HEADER + 8 * i, slopes[i], offsets[i])
    open(model, "wb").write(blob)


main()
