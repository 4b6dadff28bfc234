#!/usr/bin/env python3
"""prose.py OUT [ROWS.jsonl...]: running text of which only plain words are known to be no names.

From the doc strings of Python's standard library (PSF licence) and of numpy (BSD), and from the texts of labelled rows whose
licence allows it (MIT, Apache-2.0, CC BY 4.0, CC0). Each text begins with byte 0x03: the trainer then learns from its lower-case words alone and skips
whatever might be a name."""
import ast
import json
import os
import random
import re
import sys
import sysconfig

import numpy


def docs(folder, top):
    for path, dirs, files in sorted(os.walk(folder)):
        dirs[:] = sorted(d for d in dirs if d not in ("site-packages", "test", "tests", "__pycache__", "idlelib"))
        for f in sorted(files):
            if not f.endswith(".py"):
                continue
            try:
                tree = ast.parse(open(os.path.join(path, f), encoding="utf-8").read())
            except (SyntaxError, UnicodeDecodeError, ValueError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                    d = ast.get_docstring(node)
                    if d:
                        for para in re.split(r"\n\s*\n", d):
                            if 60 < len(para) < 900 and ">>>" not in para:
                                yield re.sub(r"\s*\n\s*", " ", para) if random.random() < 0.7 else para


def main():
    random.seed(5)
    texts = list(docs(sysconfig.get_paths()["stdlib"], 0)) + list(docs(os.path.dirname(numpy.__file__), 0))
    texts = random.sample(texts, min(len(texts), 6000))
    for path in sys.argv[2:]:
        for line in open(path, encoding="utf-8"):
            r = json.loads(line)
            if re.match("MIT|Apache|CC-BY-4|CC0", r["license"]):
                texts.append(r["text"][:1500])
    with open(sys.argv[1], "w", encoding="utf-8", newline="") as o:
        for t in texts:
            o.write("\x03" + re.sub("[\x01\x02\x03\x1e]", " ", t) + "\x1e")
    print(len(texts), "texts of prose")


main()
