#!/usr/bin/env python3
"""Quality does not slide: floors.py SHARED SEXTANT

Runs the evaluation scripts of a folder of data beside the project over the built command and holds their figures against
floors that stand a little below what was last measured. A figure that is missing is a failure, not a pass."""
import os
import re
import subprocess
import sys

# script and arguments, then (what, pattern, least value) for each figure in its output
RUNS = [
    (["tokenizer_eval.py"], [
        ("tokenizer bert, exact", r"bert-bge\.gguf\s+(\d+)/47", 47),
        ("tokenizer deepseek, exact", r"deepseek-llm\.gguf\s+(\d+)/47", 47),
        ("tokenizer gpt-2, exact", r"gpt-2\.gguf\s+(\d+)/47", 47),
        ("tokenizer llama, exact", r"llama-spm\.gguf\s+(\d+)/47", 47),
    ]),
    (["template_eval.py"], [
        ("chat templates, equal", r"TOTAL (\d+)/", 280),
    ]),
    (["oracle_eval.py"], [
        ("models within tolerance", r"TOTAL models (\d+)/", 60),
        ("dequantised rows, exact", r"dequantised rows (\d+)/", 28),
    ]),
    (["guard_eval.py"], [
        ("stream, text exact", r"stream\s+text exact (\d+)/60", 60),
        ("stream, spans exact", r"spans exact (\d+)/60", 60),
        ("personal data, one type asked, F1", r"pii_presidio \(one type asked\).*F1 ([\d.]+)", 0.98),
        ("personal data in Chinese, F1", r"pii_zh positives.*F1 ([\d.]+)", 0.97),
        ("secrets, F1", r"secrets\s+P.*F1 ([\d.]+)", 0.94),
        ("word list, recall", r"blocklist\s+recall ([\d.]+)", 0.95),
    ]),
    (["retrieval_eval.py", "--set", "xquad", "--set", "stard", "--set", "contractnli"], [
        ("retrieval R@1", r"MEAN over sets\s+R@1\s+([\d.]+)", 63),
    ]),
]


def main():
    shared, sextant = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    failures = 0
    for command, floors in RUNS:
        script = os.path.join(shared, "harness", command[0])
        if not os.path.exists(script):
            print(f"SKIP {command[0]}: not in {shared}")
            continue
        done = subprocess.run([sys.executable, script, "--sextant", sextant, *command[1:]], capture_output=True, text=True,
                              timeout=1500, cwd=os.path.join(shared, "harness"))
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        if done.returncode != 0:
            print(f"FAILED: {command[0]} ended with {done.returncode}")
            failures += 1
        for what, pattern, least in floors:
            found = re.search(pattern, done.stdout)
            value = float(found.group(1)) if found else None
            good = value is not None and value >= least
            failures += not good
            print(f"{'ok    ' if good else 'FAILED'} {what}: {value} (at least {least})")
        sys.stdout.flush()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
