"""Runs bench_search for some sizes, Tantivy (PyPI) beside it where it is installed, and prints a table of ratios.

    python3 tests/bench/search.py [--bench build/tests/bench_search] [N ...]
"""
import argparse
import json
import os
import resource
import subprocess
import tempfile
import time

try:
    import tantivy
except ImportError:
    tantivy = None


def run_tantivy(n, folder):
    path = os.path.join(folder, "tantivy")
    os.mkdir(path)
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("body", stored=True, tokenizer_name="en_stem")
    index = tantivy.Index(schema.build(), path=path)
    with open(os.path.join(folder, "text"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    mb = sum(map(len, lines)) / 1e6
    begin, cpu = time.time(), time.process_time()
    writer = index.writer(heap_size=64_000_000, num_threads=1)
    for line in lines:
        writer.add_document(tantivy.Document(body=line))
    writer.commit()
    writer.wait_merging_threads()
    wall, cpu = time.time() - begin, time.process_time() - cpu
    size = sum(os.path.getsize(os.path.join(path, f)) for f in os.listdir(path)) / 1e6
    begin = time.time()
    index = tantivy.Index.open(path)
    searcher = index.searcher()
    opened = 1e3 * (time.time() - begin)
    times, walls = [], []
    with open(os.path.join(folder, "questions"), encoding="utf-8") as f:
        for line in f.read().splitlines():
            begin, cpu = time.time(), time.thread_time()
            query = index.parse_query(line, ["body"])
            for _, address in searcher.search(query, 10).hits:
                searcher.doc(address)
            times.append(1e3 * (time.thread_time() - cpu))
            walls.append(1e3 * (time.time() - begin))
    times.sort()
    walls.sort()
    return {
        "what": "tantivy", "paragraphs": n, "text_mb": mb, "ingest_mb_s": mb / wall, "ingest_mb_cpu_s": mb / cpu,
        "open_ms": opened, "p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100],
        "wall_p50_ms": walls[len(walls) // 2], "wall_p99_ms": walls[len(walls) * 99 // 100],
        "size_percent": 100 * size / mb, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bench", default="build/tests/bench_search")
    ap.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    a = ap.parse_args()
    keys = ["ingest_mb_s", "ingest_mb_cpu_s", "open_ms", "p50_ms", "p99_ms", "wall_p50_ms", "wall_p99_ms", "size_percent", "peak_mb"]
    print("| paragraphs | engine | " + " | ".join(keys) + " |")
    print("|---" * (len(keys) + 2) + "|")
    for n in a.sizes:
        with tempfile.TemporaryDirectory() as folder:
            out = subprocess.run([a.bench, str(n), folder], stdout=subprocess.PIPE, check=True).stdout.decode()
            rows = [json.loads(line) for line in out.splitlines()]
            if tantivy:
                subprocess.run([a.bench, str(n), folder, "--dump"], check=True)
                rows.append(run_tantivy(n, folder))
        for r in rows:
            if "p50_ms" in r:
                print(f"| {n} | {r['what']} | " + " | ".join(f"{r[k]:.2f}" for k in keys) + " |", flush=True)
            else:
                more = "".join(f"; {k} {r[k]:.2f}" for k in ("p50", "p99") if k in r)
                print(f"| {n} | {r['what']} | {r['ms']:.2f} ms{more} |", flush=True)


main()
