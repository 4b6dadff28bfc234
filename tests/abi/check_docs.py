#!/usr/bin/env python3
"""Every public function is documented: check_docs.py HEADER

A function stands in a block (no blank line inside) that opens with a comment; the comments of the block name the thread
rule ("Thread: any" or "Thread: ctx") and the release that brought the function ("Since 0.1"). Several functions may share
a block. A block with a function that returns llm_status says "Errors:" or refers to one that does. Names of statuses,
functions and macros that comments mention must exist."""
import re
import sys

from header import Header


def main():
    header = Header(sys.argv[1])
    lines = header.text.split("\n")
    problems, blocks = [], {}
    for name, line in header.declared:
        first = last = line - 1
        while first > 0 and lines[first - 1].strip():
            first -= 1
        while last + 1 < len(lines) and lines[last + 1].strip():
            last += 1
        blocks.setdefault((first, last), []).append(name)
    for (first, last), names in blocks.items():
        block = "\n".join(lines[first:last + 1])
        comments = " ".join(re.findall(r"/\*(.*?)\*/", block, flags=re.S))
        where = f"line {first + 1}: {', '.join(names)}"
        opening = block[:block.find("LLM_API")]
        if "/*" not in opening:
            problems.append(f"{where}: no comment before the declaration")
        if not re.search(r"Thread: (any|ctx)", comments):
            problems.append(f"{where}: the thread rule is missing (Thread: any, or Thread: ctx)")
        if not re.search(r"Since \d+\.\d+", comments):
            problems.append(f"{where}: the release is missing (Since 0.1)")
        for name in names:
            result, params = header.prototype(name)
            if result == "llm_status" and "**out" in params and not re.search(r"Errors|The same", comments):
                problems.append(f"{where}: {name} makes a handle but the block lists no errors")

    known = set(re.findall(r"\b(?:llm_\w+|LLM_\w+)\b", header.code))
    for m in re.finditer(r"/\*.*?\*/", header.text, flags=re.S):
        for word in re.findall(r"\b(?:llm_\w+|LLM_\w+)\b(?!\*)", m.group(0)):
            if word not in known and not word.endswith("_"):
                line = header.text.count("\n", 0, m.start()) + 1
                problems.append(f"comment at line {line} speaks of {word}, which is not declared")

    for line in problems:
        print(line)
    print(f"{len(header.declared)} functions in {len(blocks)} blocks, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
