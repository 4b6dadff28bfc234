#!/usr/bin/env python3
"""What a call costs through each binding: overhead.py BUILD (a build folder with bindings) prints nanoseconds and the ratio to C.

Two calls are measured: one that does nothing at all (llm_guard_type beyond the last type), through the raw module, and
model.n_vocab as each face offers it, with its checks. Languages take turns, and the least of five rounds counts."""

import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = 300000


def timed(call):
    begin = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - begin) / CALLS * 1e9


def python_lines(model):
    import sextant

    raw = sextant._raw.llm_guard_type
    nothing = timed(lambda: None)
    with sextant.Model(model, threads=1) as m:
        return {"python_raw": timed(lambda: raw(1 << 30)) - nothing, "python_face": timed(lambda: m.n_vocab) - nothing}


def program_lines(command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def main():
    build = os.path.abspath(sys.argv[1])
    sys.path.insert(0, os.path.join(build, "python"))
    model, go = os.path.join(build, "tests", "tiny.gguf"), os.path.join(build, "tests", "overhead_go")
    os.environ.update(PKG_CONFIG_PATH=os.path.join(build, "pkgconfig", "uninstalled"), LD_LIBRARY_PATH=build,
                      GOFLAGS="-buildvcs=false")
    subprocess.run(["go", "build", "-o", go, "./internal/overhead"], cwd=os.path.join(HERE, "../../bindings/go"), check=True)
    best = {}
    for _ in range(5):
        for lines in (program_lines([os.path.join(build, "tests", "bench_overhead"), model]), program_lines([go, model]),
                      python_lines(model)):
            for name, value in lines.items():
                best[name] = min(value, best.get(name, value))
    for kind, what in (("raw", "a call that does nothing"), ("face", "model.n_vocab through the face")):
        print(what)
        for language in ("c", "go", "python"):
            ns = best[f"{language}_{kind}"]
            print(f"  {language:7} {ns:8.2f} ns  {ns / best[f'c_{kind}']:7.1f} x C")


if __name__ == "__main__":
    main()
