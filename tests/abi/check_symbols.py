#!/usr/bin/env python3
"""What libsextant exports is what sextant.h declares, no more and no less.

    check_symbols.py HEADER SYMBOLS LIBSEXTANT.SO [LIBSEXTANT.A]

The committed list, the slots of llm_api (in the list's order, which is the order in which they came), the functions that the
header declares (in any order) and the dynamic symbols of the library must agree; the archive may define no other global symbol either, so that no name of ours or of a dependency can clash."""
import subprocess
import sys

from header import Header


def nm(*args):
    out = subprocess.run(["nm", *args], capture_output=True, text=True, check=True).stdout
    return [line.split() for line in out.splitlines() if line.strip() and not line.endswith(":")]


def compare(problems, what, have, where, want):
    for name in sorted(set(have) - set(want)):
        problems.append(f"{name}: in {what}, not in {where}")
    for name in sorted(set(want) - set(have)):
        problems.append(f"{name}: in {where}, not in {what}")


def main():
    header_path, list_path, so = sys.argv[1:4]
    problems = []
    header = Header(header_path)
    declared = header.functions()
    with open(list_path, encoding="utf-8") as f:
        listed = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    compare(problems, "the header", declared, list_path, listed)
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        problems.append(f"{list_path} has {name} twice")
    if declared[-1:] != ["llm_get_api"]:
        problems.append("llm_get_api must be the last function declared")
    want_slots = [name[len("llm_"):] for name in listed if name != "llm_get_api"]
    if header.slots != want_slots:
        compare(problems, "llm_api", header.slots, list_path, want_slots)
        for i, (a, b) in enumerate(zip(header.slots, want_slots)):
            if a != b:
                problems.append(f"slot {i} of llm_api is {a}, {list_path} has {b} there")
                break
    for slot in set(header.slots) & set(want_slots):
        if header.slot_prototype(slot) != header.prototype("llm_" + slot):
            problems.append(f"slot {slot} has another prototype than llm_{slot}: "
                            f"{header.slot_prototype(slot)} against {header.prototype('llm_' + slot)}")

    exported = []
    for fields in nm("-D", "--defined-only", so):
        name, kind = fields[-1], fields[-2]
        base = name.split("@")[0]
        if kind == "A" and base.startswith("SEXTANT_"):
            continue  # the version node
        if "@" in name and "@@SEXTANT_0" not in name:
            problems.append(f"{so}: {name} carries another version than SEXTANT_0")
        if kind not in "Tt":
            problems.append(f"{so}: {base} is exported but is no function (nm type {kind})")
        exported.append(base)
    compare(problems, so, exported, list_path, listed)
    for name in exported:
        if not name.startswith("llm_"):
            problems.append(f"{so}: exported {name} does not begin with llm_")

    if len(sys.argv) > 4:
        archive = sys.argv[4]
        defined = [f[-1] for f in nm("-g", "--defined-only", archive) if len(f) >= 3]
        for name in sorted(set(defined)):
            if name not in listed:
                problems.append(f"{archive}: global {name} is not public: make it local to the archive")
        for name in sorted(set(listed) - set(defined)):
            problems.append(f"{archive}: {name} is missing")

    for line in problems:
        print(line)
    print(f"{len(declared)} functions, {len(exported)} exported symbols, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
