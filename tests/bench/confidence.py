"""Fits the curve of confidence for English (src/retrieve/navigate/confidence.c) and shows how far it holds: fitted on one set
and measured on the other, fitted on both, fitted on half of the documents and measured on the other half.

    python3 tests/bench/retrieval.py --features DIR contractnli covidqa
    python3 tests/bench/confidence.py DIR
"""
import array
import json
import math
import os
import sys

SETS = ["covidqa", "contractnli"]  # Apache-2.0, CC BY 4.0
FEATURES = 20  # SX_FEATURES
WINDOW, ROW = 3 + 4, 3 + FEATURES + 6
RIDGE = 10.0


def documents(name):
    root = os.path.join(os.environ.get("SEXTANT_SHARED", "../shared"), "bench", "retrieval", name)
    files = [os.path.join(root, f) for f in ("queries.jsonl", "negatives.jsonl")]
    return [json.loads(line)["doc"] for f in files for line in open(f, encoding="utf-8")]


def load(folder, name):
    """[(near, weight / 10, missing / 10, window of the best passage)], [answered], [document]"""
    v = array.array("f")
    path = os.path.join(folder, name + ".f32")
    with open(path, "rb") as f:
        v.fromfile(f, os.path.getsize(path) // 4)
    x, y, n, at = [], [], [], set()
    for i in range(0, len(v), ROW):
        if int(v[i]) in at:
            continue
        at.add(int(v[i]))
        cover = v[i + ROW - 3], v[i + ROW - 2] / 10, v[i + ROW - 1] / 10
        x.append((1.0, *cover, v[i + WINDOW]))
        y.append(int(v[i + 1]))
        n.append(int(v[i]))
    doc = documents(name)
    return x, y, [doc[k] for k in n]


def solve(a, b):
    n = len(b)
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(a[r][i]))
        a[i], a[p], b[i], b[p] = a[p], a[i], b[p], b[i]
        for r in range(n):
            if r != i:
                f = a[r][i] / a[i][i]
                a[r] = [u - f * w for u, w in zip(a[r], a[i])]
                b[r] -= f * b[i]
    return [b[i] / a[i][i] for i in range(n)]


def fit(parts):
    """Ridge logistic regression on standardized features; each set and within it each kind weighs the same."""
    rows = [(x, y, 500 / ys.count(y)) for xs, ys, _ in parts for x, y in zip(xs, ys)]
    k, total = len(rows[0][0]), sum(w for _, _, w in rows)
    mean = [0.0] + [sum(w * x[j] for x, _, w in rows) / total for j in range(1, k)]
    sd = [1.0] + [math.sqrt(sum(w * (x[j] - mean[j]) ** 2 for x, _, w in rows) / total) for j in range(1, k)]
    rows = [([(v - m) / s for v, m, s in zip(x, mean, sd)], y, w) for x, y, w in rows]
    c = [0.0] * k
    for _ in range(12):
        g = [0.0] + [-RIDGE * v for v in c[1:]]
        h = [[RIDGE if i == j and i else 0.0 for j in range(k)] for i in range(k)]
        for x, y, w in rows:
            p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(c, x))))
            for i in range(k):
                g[i] += w * (y - p) * x[i]
                for j in range(k):
                    h[i][j] += w * p * (1 - p) * x[i] * x[j]
        c = [a + b for a, b in zip(c, solve(h, g))]
    out = [c[0] - sum(c[j] * mean[j] / sd[j] for j in range(1, k))] + [c[j] / sd[j] for j in range(1, k)]
    return out


def apply(c, part):
    return [sum(a * b for a, b in zip(c, x)) for x in part[0]]


def auroc(score, answered):
    order = sorted(range(len(score)), key=lambda i: score[i])
    rank, i, wins, yes = 0, 0, 0.0, sum(answered)
    while i < len(order):
        k = i
        while k < len(order) and score[order[k]] == score[order[i]]:
            k += 1
        wins += sum(answered[o] for o in order[i:k]) * ((i + k + 1) / 2)
        i = k
    return (wins - yes * (yes + 1) / 2) / (yes * (len(order) - yes))


def halves(part):
    """AUROC of every half of the documents under the curve fitted on the other half and nothing else."""
    odd = {d for i, d in enumerate(sorted(set(part[2]))) if i % 2}
    cut = [[[v for v, d in zip(col, part[2]) if (d in odd) == side] for col in part] for side in (True, False)]
    return [auroc(apply(fit([cut[1 - s]]), cut[s]), cut[s][1]) for s in (0, 1)]


def reliability(score, answered):
    """Share answered by tenths of confidence, answered and unanswered weighing the same."""
    yes, no, cells = sum(answered), len(answered) - sum(answered), []
    for b in range(10):
        inside = [a for s, a in zip(score, answered) if b <= 10 / (1 + math.exp(-s)) < b + 1]
        p, n = sum(inside) / yes, (len(inside) - sum(inside)) / no
        cells.append("%d (%d)" % (100 * p / (p + n) + 0.5, len(inside)) if inside else "-")
    return "  ".join(cells)


def main():
    parts = {name: load(sys.argv[1], name) for name in SETS}
    both = fit(list(parts.values()))
    print("fitted on both: " + " ".join("%.3f" % v for v in both))
    for name, part in parts.items():
        other = fit([parts[n] for n in SETS if n != name])
        one, two = halves(part)
        print("%-12s AUROC fitted on the other set %.3f, on both %.3f, halves of the documents %.3f %.3f"
              % (name, auroc(apply(other, part), part[1]), auroc(apply(both, part), part[1]), one, two))
        print("  other set's curve: " + " ".join("%.3f" % v for v in other))
        print("  held out  " + reliability(apply(other, part), part[1]))
        print("  on both   " + reliability(apply(both, part), part[1]))


main()
