#!/usr/bin/env python3
"""What the documentation shows is a program: check_examples.py HEADER README LIBSEXTANT.SO

The programs in the opening comment of sextant.h and in the README's C section compile without a warning and answer a
question with a citation. The two are the same program."""
import os
import re
import subprocess
import sys
import tempfile

DOCUMENT = """# House rules

## 1. Pets

Tenants may keep one dog of up to ten kilograms. Cats are welcome without a limit.

## 2. Noise

Between ten in the evening and six in the morning the house is quiet.
"""


def from_header(text):
    comment = text[:text.index("#ifndef SEXTANT_H")]
    lines = [line[7:] if line.startswith(" *     ") else "" for line in comment.split("\n") if line.startswith(" *     ") or line == " *"]
    program = "\n".join(lines)
    program = program[program.index("#include"):]
    return re.sub(r"//(.*)$", r"/*\1 */", program[:program.rindex("}") + 1], flags=re.M) + "\n"


def from_readme(text):
    return re.search(r"```c\n(.*?)```", text, flags=re.S).group(1)


def main():
    header, readme, so = sys.argv[1:4]
    with open(header, encoding="utf-8") as f:
        programs = {"sextant.h": from_header(f.read())}
    with open(readme, encoding="utf-8") as f:
        programs["README.md"] = from_readme(f.read())
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        document = os.path.join(folder, "rules.md")
        with open(document, "w", encoding="utf-8") as f:
            f.write(DOCUMENT)
        for name, program in programs.items():
            source, binary = os.path.join(folder, "ask.c"), os.path.join(folder, "ask")
            with open(source, "w", encoding="utf-8") as f:
                f.write(program)
            build = subprocess.run([os.environ.get("CC", "cc"), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic",
                                    "-I", os.path.dirname(header), source, "-o", binary, so,
                                    "-Wl,-rpath," + os.path.dirname(os.path.abspath(so))], capture_output=True, text=True)
            if build.returncode != 0:
                print(f"{name}: does not compile\n{build.stderr}")
                failures += 1
                continue
            done = subprocess.run([binary, document, "How many kilograms may a dog have?"], capture_output=True, text=True, timeout=60)
            good = done.returncode == 0 and "ten kilograms" in done.stdout and re.search(r"\[0(\.\d+)+\]", done.stdout)
            print(f"{name}: {len(program.splitlines())} lines, {'answers' if good else 'FAILED'}\n{done.stdout}{done.stderr}")
            failures += not good
            lost = subprocess.run([binary, "/nonexistent", "Anything?"], capture_output=True, text=True, timeout=60)
            if lost.returncode != 1 or "/nonexistent" not in lost.stderr:
                print(f"{name}: a missing file is not told: {lost.stderr}")
                failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
