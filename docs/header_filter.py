#!/usr/bin/env python3
"""Turns the plain comments of sextant.h into what Doxygen reads: header_filter.py FILE. A comment over a declaration is its
documentation, one behind a member or a value on the same line is that one's, a line of dashes with words opens a group.
Functions that stand under one comment without a blank line between them share it."""
import re
import sys

SECTION = re.compile(r"^/\* ---- (.+?) -+ \*/$")


def escape(text):
    return re.sub(r"([<>|@\\#%\"])", r"\\\1", text).replace("&", "&amp;")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        text = f.read()
    _, rest = text.split("#ifndef SEXTANT_H", 1)
    out, grouped, inside = [], False, False
    out.append("/** @file sextant.h\n * The whole public face. */\n#ifndef SEXTANT_H")
    lines = rest.split("\n")
    for line in lines:
        if line.startswith("#endif /* SEXTANT_H"):
            out.append("/** @} */\n" + line)
            continue
        section = SECTION.match(line)
        if section:
            if grouped:
                out.append("/** @} */")
            name = section.group(1).strip()
            out.append(f"/** @defgroup {re.sub(r'[^a-z]+', '_', name.lower())} {name}\n * @{{ */")
            grouped = True
            continue
        if inside:
            inside = "*/" not in line
            out.append(re.sub(r"^( \* ?)(.*?)( ?\*/)?$", lambda m: m.group(1) + escape(m.group(2)) + (m.group(3) or ""), line))
            continue
        trailing = re.match(r"^(.*[;,\w\")}]\s+)/\* (.*?)( ?\*/)?$", line)
        leading = re.match(r"^(\s*)/\* (.*?)( ?\*/)?$", line)
        if leading:
            out.append(f"{leading.group(1)}/** {escape(leading.group(2))}{leading.group(3) or ''}")
            inside = not leading.group(3)
        elif trailing:
            out.append(f"{trailing.group(1)}/**< {escape(trailing.group(2))}{trailing.group(3) or ''}")
            inside = not trailing.group(3)
        else:
            out.append(line)
    sys.stdout.write("\n".join(out))


main()
