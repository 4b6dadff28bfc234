#!/usr/bin/env python3
"""What the pages show is run: pages.py SOURCE BUILD [PAGE...]

Every fenced program of README.md, docs/*.md and the bindings' READMEs runs, and every command that the README shows is run here
or stands in NOT_RUN with the reason. Python programs of a page run one after the other; programs in C, C++ and Go are built and
run, and asked the README's question. A block that is no whole program, or whose language is missing here, is told."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

QUESTION = "How many kilograms may a dog have?"
RULES = """# House rules

## 1. Pets

Tenants may keep one dog of up to ten kilograms. Cats are welcome without a limit.

## 2. Noise

Between ten in the evening and six in the morning the house is quiet.
"""
# commands of the README: how to recognise one, and why it is not run from here
NOT_RUN = [
    (r"sh examples/demo\.sh", "it installs packages and builds anew"),
    (r"sh tests/run\.sh", "it is what runs this test"),
    (r"cmake -S \. -B build && cmake --build build", "it made the build under test"),
    (r"cmake --install build", "the tests under tests/install run it"),
    (r"packaging/build-deb\.sh", "the step `package` of .ci/run runs it"),
    (r"sh docs/reference\.sh", "the test abi_reference runs it"),
    (r"tests/install-deps\.sh", "it installs packages"),
    (r"\.ci/run", "it runs all tests, this one too"),
]
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:(?:sh|cmake|cc|python3|pip) |go (?:run|build|get) |build/\w+ |"
                     r"(?:packaging|tests)/[\w/-]+\.sh|\.ci/run)")


class Pages:
    def __init__(self, source, build):
        self.source, self.build = source, build
        self.failures = self.ran = 0
        self.env = dict(os.environ, PYTHONPATH=os.path.join(build, "python"), PYTHONDONTWRITEBYTECODE="1",
                        PKG_CONFIG_PATH=os.path.join(build, "pkgconfig", "uninstalled"), LD_LIBRARY_PATH=build,
                        GOFLAGS="-buildvcs=false", GOPROXY="off", GOTOOLCHAIN="local")
        self.work = tempfile.mkdtemp()
        with open(os.path.join(self.work, "rules.md"), "w", encoding="utf-8") as file:
            file.write(RULES)
        tiny = os.path.join(build, "tests", "tiny.gguf")
        if os.path.exists(tiny):
            shutil.copy(tiny, os.path.join(self.work, "m.gguf"))
        self.has_python = bool(glob.glob(os.path.join(build, "python", "sextant", "_capi*.so")))
        self.has_go = shutil.which("go") is not None and self.go_minor() >= 23

    @staticmethod
    def go_minor():
        told = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True).stdout
        return int((re.match(r"go1\.(\d+)", told) or re.match("(0)", "0")).group(1))

    def tell(self, where, what):
        print(f"{where}: {what}")

    def run(self, where, command, expect="", **more):
        """Runs a command and holds its output against a pattern."""
        done = subprocess.run(command, cwd=more.pop("cwd", self.work), env=self.env, capture_output=True, text=True,
                              timeout=300, **more)
        good = done.returncode == 0 and re.search(expect, done.stdout) is not None
        self.ran += good
        self.failures += not good
        self.tell(where, "runs" if good else f"FAILED ({done.returncode})\n{done.stdout}{done.stderr}")
        return good

    def program(self, where, language, text, session):
        folder = tempfile.mkdtemp(dir=self.work)
        if language == "python":
            if not self.has_python:
                return self.tell(where, "not run: the Python module was not built")
            if "sys.argv" in text:
                path = os.path.join(folder, "program.py")
                self.write(path, text)
                return self.run(where, [sys.executable, path, "rules.md", QUESTION], "ten kilograms")
            session.append(text)  # what came before on the page belongs to it
            return self.run(where, [sys.executable, "-X", "dev", "-W", "error", "-c", "\n".join(session)])
        if language in ("c", "cpp"):
            if "main(" not in text:
                return self.tell(where, "not run: a fragment")
            compiler = shutil.which(os.environ.get("CC", "cc") if language == "c" else os.environ.get("CXX", "c++"))
            if compiler is None:
                return self.tell(where, f"not run: there is no compiler for {language}")
            path = os.path.join(folder, "program." + language)
            self.write(path, text)
            flags = ["-std=c99", "-pedantic"] if language == "c" else ["-std=c++17"]
            command = f"{compiler} {' '.join(flags)} -Wall -Wextra -Werror {path} -o {path}.bin $(pkg-config --cflags --libs sextant)"
            arguments = " rules.md \"" + QUESTION + "\"" if "argv" in text else ""
            return self.run(where, ["sh", "-c", f"{command} && {path}.bin{arguments}"], "ten kilograms" if arguments else "")
        if language == "go":
            if not self.has_go:
                return self.tell(where, "not run: there is no Go of 1.23 or newer")
            module = os.path.join(self.source, "bindings", "go")
            self.write(os.path.join(folder, "main.go"), text)
            self.write(os.path.join(folder, "go.mod"), "module example.org/page\n\ngo 1.23\n\nrequire sextant v0.0.0\n\n"
                       f"replace sextant => {module}\n")
            binary = os.path.join(folder, "program")
            built = subprocess.run(["go", "build", "-o", binary, "."], cwd=folder, env=self.env, capture_output=True, text=True)
            if built.returncode != 0:
                self.failures += 1
                return self.tell(where, "does not build\n" + built.stderr)
            arguments = ["rules.md", QUESTION] if "os.Args" in text else []
            return self.run(where, [binary, *arguments], "ten kilograms" if "rules.md" in text or arguments else "")
        if language in ("sh", "console", "text", ""):
            return self.tell(where, "not run: no program")
        self.failures += 1
        return self.tell(where, f"FAILED: nothing here runs {language}")

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, where, line):
        for pattern, reason in NOT_RUN:
            if re.search(pattern, line):
                return self.tell(where, f"not run: {line}: {reason}")
        build, source, rules = self.build, self.source, os.path.join(self.work, "rules.md")
        if line.startswith("build/sextant"):
            missing = [word for word in re.findall(r"/\S+", line) if word.startswith("/usr/") and not os.path.exists(word)]
            if missing:
                return self.tell(where, f"not run: {line}: there is no {missing[0]} here")
            return self.run(f"{where}: {line}", line.replace("build/", build + "/", 1), r"\S", shell=True)
        if line.startswith("PYTHONPATH=build/python python3 "):
            if not self.has_python:
                return self.tell(where, f"not run: {line}: the Python module was not built")
            filled = line.replace("build/python", build + "/python").replace("FILE QUESTION", f'{rules} "{QUESTION}"')
            return self.run(f"{where}: {line}", filled.replace("python3", sys.executable, 1), "ten kilograms", shell=True, cwd=source)
        if line.startswith("go run "):
            if not self.has_go:
                return self.tell(where, f"not run: {line}: there is no Go of 1.23 or newer")
            return self.run(f"{where}: {line}", line.replace("FILE QUESTION", f'{rules} "{QUESTION}"'), "ten kilograms", shell=True,
                            cwd=os.path.join(source, "bindings", "go"))
        if line.startswith("cc ask.c "):
            with open(os.path.join(source, "README.md"), encoding="utf-8") as file:
                self.write(os.path.join(self.work, "ask.c"), re.search(r"```c\n(.*?)```", file.read(), re.S).group(1))
            return self.run(f"{where}: {line}", f'{line} && ./ask rules.md "{QUESTION}"', "ten kilograms", shell=True)
        self.failures += 1
        return self.tell(where, f"FAILED: `{line}` is neither run nor in NOT_RUN of tests/docs/pages.py")

    def page(self, name):
        with open(os.path.join(self.source, name), encoding="utf-8") as file:
            text = file.read()
        session = []
        for i, (language, program) in enumerate(re.findall(r"^```(\w*)\n(.*?)^```", text, re.S | re.M), 1):
            self.program(f"{name}, program {i} ({language or 'no language'})", language, program, session)
        if name != "README.md":
            return
        prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
        lines = [line.strip().split("  #")[0].strip() for line in prose.splitlines() if line.startswith("    ")]
        lines += re.findall(r"`([^`\n]+)`", re.sub(r"^    .*$|^\|.*$", "", prose, flags=re.M))
        for line in dict.fromkeys(lines):
            if COMMAND.match(line):
                self.command(name, line)


def main():
    source, build = (os.path.abspath(path) for path in sys.argv[1:3])
    names = sys.argv[3:] or ["README.md", "bindings/python/README.md", "bindings/go/README.md"]
    if not sys.argv[3:]:
        names += sorted(os.path.relpath(path, source) for path in glob.glob(os.path.join(source, "docs", "*.md")))
    pages = Pages(source, build)
    for name in names:
        pages.page(name)
    # the README shows the examples as they are
    with open(os.path.join(source, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    for language, path in (("python", "examples/ask.py"), ("go", "bindings/go/examples/ask/main.go")):
        with open(os.path.join(source, path), encoding="utf-8") as file:
            if re.search(rf"```{language}\n(.*?)```", readme, re.S).group(1).strip() not in file.read():
                print(f"README.md: the program in {language} is not {path}")
                pages.failures += 1
    shutil.rmtree(pages.work)
    print(f"{pages.ran} run, {pages.failures} failures")
    return 1 if pages.failures or pages.ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
