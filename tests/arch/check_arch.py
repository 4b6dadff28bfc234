#!/usr/bin/env python3
"""The house stands as designed: check_arch.py SOURCE_DIR

Arrows between the modules of src/ go down or skip down, never up, never sideways: api -> engine, retrieve, guard, learn ->
store -> platform. The command, the examples and the bindings see the public header alone. A dependency's header is seen by
the few files that own it. Only src/api defines llm_*. Files stay short, and some words do not appear."""
import os
import re
import sys

FLOOR = {"platform": 0, "readers": 0, "store": 1, "engine": 2, "retrieve": 2, "guard": 2, "learn": 2, "api": 3}
CLIENTS = ("src/cli", "examples", "bindings")

# header of a dependency: the only places that may include it
OWNERS = {
    r"sodium\.h|sodium/.*": ("src/platform/crypto", "src/guard/vault", "src/guard/audit", "src/retrieve/cite",
                             "src/store/sealed"),
    r"sqlite3\.h": ("src/store/",),
    r"utf8proc\.h": ("src/platform/", "src/engine/text/", "src/guard/normalise/", "src/retrieve/rank/"),
    r"libstemmer\.h": ("src/retrieve/rank/",),
    r"jansson\.h": ("src/cli/", "tests/"),
    r"cblas\.h|openblas.*|(one)?dnnl.*|omp\.h": ("src/engine/backend/",),
    r"immintrin\.h|[a-z]mmintrin\.h|x86intrin\.h": ("src/engine/kernels/", "src/platform/"),
    r"dlfcn\.h": ("src/engine/backend/", "src/retrieve/read/"),
    r"pthread\.h|threads\.h": ("src/platform/", "src/api/", "src/store/", "src/retrieve/", "src/engine/", "src/guard/",
                              "src/cli/many", "src/cli/peak"),
}
# what the command may use besides sextant.h and its own files: libc and jansson
CLIENT_INCLUDES = re.compile(r"^(jansson\.h|sys/\w+\.h|\w+\.h|linux/\w+\.h)$")

# words that do not belong into what is released
BANNED = [
    (r"\b(TODO|FIXME|XXX|HACK|WIP)\b", "unfinished work is an issue, not a comment"),
    (r"/(work|root|home)/\w", "a path of somebody's machine"),
    (r"\b(lorem ipsum|placeholder implementation|stub(bed)? (out|for now)|not (yet )?implemented)\b", "a stub that pretends"),
    (r"\b(blazing(ly)?|state[- ]of[- ]the[- ]art|cutting[- ]edge|world[- ]class|seamless(ly)?|game[- ]chang\w+)\b",
     "advertising"),
    (r"\b(ChatGPT|Copilot|as an AI)\b", "a stray remark"),
]
CODE_BANNED = [
    (r"\b_Thread_local\b|\b__thread\b", "thread-local storage"),
    (r"\balloca\s*\(", "alloca"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "a call without a bound"),
    (r"\b(abort|exit|_exit|assert)\s*\(", "ending the process of a host"),
    (r"\b(printf|fprintf|puts|perror)\s*\(", "printing into a host's output"),
    (r"\b(getenv|setenv|setlocale|signal|sigaction|srand|rand)\s*\(", "changing or reading the process"),
    (r"__attribute__\s*\(\(\s*(con|de)structor", "code that runs at load"),
]
MAX_LINES = 800


def strip(text):
    """Without comments and strings, line numbers kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def walk(root, *tops):
    for top in tops:
        for folder, folders, files in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "__pycache__", "corpus", "golden")))
            for name in sorted(files):
                yield os.path.relpath(os.path.join(folder, name), root)


def module_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


class Checker:
    def __init__(self, root):
        self.root, self.problems, self.edges, self.files = root, [], set(), 0

    def say(self, path, line, text):
        self.problems.append(f"{path}:{line}: {text}")

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as f:
            return f.read()

    def includes(self, path, text):
        for m in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, flags=re.M):
            yield text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2)

    def resolve(self, path, name):
        """The file of ours that an include names, or None for a system header."""
        near = os.path.normpath(os.path.join(os.path.dirname(path), name))
        for candidate in (near, os.path.join("src", name), os.path.join("include", name)):
            if os.path.isfile(os.path.join(self.root, candidate)):
                return candidate
        return None

    def check_edges(self, path, text):
        mine = module_of(path)
        for line, quote, name in self.includes(path, text):
            target = self.resolve(path, name) if quote == '"' or name == "sextant.h" else None
            for pattern, owners in OWNERS.items():
                if target is None and re.fullmatch(pattern, name) and path.startswith("src/") and not path.startswith(owners):
                    self.say(path, line, f"<{name}> may be included only in {', '.join(owners)}")
            if path.startswith(CLIENTS):
                if target is None:
                    if quote == '"' and path.startswith("src/cli"):
                        self.say(path, line, f'"{name}" is not a file of the command')
                    elif path.startswith("src/cli") and not CLIENT_INCLUDES.match(name):
                        self.say(path, line, f"<{name}>: the command uses libc, jansson and sextant.h alone")
                elif target != "include/sextant.h" and os.path.commonpath([target, path]) in ("", "src"):
                    self.say(path, line, f"includes {target}: clients of the library see sextant.h alone")
                continue
            if target is None or mine is None:
                if quote == '"' and mine is not None and target is None:
                    self.say(path, line, f'"{name}" names no file of src/ or include/')
                continue
            theirs = module_of(target)
            if theirs is None or theirs == mine:
                continue
            self.edges.add((mine, theirs))
            if theirs not in FLOOR or mine not in FLOOR:
                self.say(path, line, f"module {theirs if theirs not in FLOOR else mine} has no floor in the house")
            elif FLOOR[theirs] == FLOOR[mine]:
                self.say(path, line, f"{mine} includes {theirs} ({target}): siblings meet in src/api alone")
            elif FLOOR[theirs] > FLOOR[mine]:
                self.say(path, line, f"{mine} includes {theirs} ({target}): arrows never go up")

    def check_names(self, path, code):
        if path.startswith("src/") and path.endswith(".c") and not path.startswith(("src/api/", "src/cli/")):
            for m in re.finditer(r"^(?!static\b|typedef\b|struct\b|#)[A-Za-z_][\w \*]*?\b(llm_\w+)\s*\([^;{]*\)\s*\{", code, flags=re.M):
                self.say(path, code.count("\n", 0, m.start()) + 1, f"defines {m.group(1)}; only src/api defines llm_*")

    def check_words(self, path, text, code):
        own = path.startswith("tests/arch/") or path.startswith("tests/abi/check_")
        for pattern, why in BANNED:
            for m in re.finditer(pattern, text, flags=re.I if "blazing" in pattern else 0):
                if not own:
                    self.say(path, text.count("\n", 0, m.start()) + 1, f"'{m.group(0)}': {why}")
        if path.startswith("src/") and not path.startswith("src/cli/") and path.endswith((".c", ".h")):
            for pattern, why in CODE_BANNED:
                for m in re.finditer(pattern, code):
                    self.say(path, code.count("\n", 0, m.start()) + 1, f"'{m.group(0).strip()}': {why}")

    def check_size(self, path, text):
        lines = text.split("\n")
        if re.search(r"generated", "\n".join(lines[:12]), flags=re.I):
            return  # by a tool: nobody writes or reads it line by line
        if len(lines) - 1 > MAX_LINES and not path.endswith("/sextant.h"):
            self.say(path, len(lines) - 1, f"{len(lines) - 1} lines; a file holds one idea and at most {MAX_LINES} lines")
        for i, line in enumerate(lines, 1):
            if line != line.rstrip() and path.endswith((".c", ".h")):
                self.say(path, i, "spaces at the end of the line")
            if "\t" in line and path.endswith((".c", ".h")):
                self.say(path, i, "a tab")
        if text and not text.endswith("\n"):
            self.say(path, len(lines), "no newline at the end")

    def check_opening(self, path, text):
        told = path.endswith(".c") and os.path.exists(os.path.join(self.root, path[:-2] + ".h"))  # its header says it
        if path.startswith("src/") and path.endswith((".c", ".h")) and not told and not text.startswith("/*"):
            self.say(path, 1, "opens without a comment that says what the file is for")

    def run(self):
        for path in walk(self.root, "src", "include", "tests", "examples", "bindings", "pkgconfig"):
            if not path.endswith((".c", ".h", ".cc", ".cpp", ".py", ".go", ".sh", ".txt", ".cmake", ".i", ".in", ".md")):
                continue
            text = self.read(path)
            self.files += 1
            is_c = path.endswith((".c", ".h", ".cc", ".cpp", ".i"))
            code = strip(text) if is_c else ""
            if is_c:
                self.check_edges(path, text)
                self.check_names(path, code)
                self.check_opening(path, text)
            self.check_words(path, text, code)
            if not path.endswith(".txt") and not path.endswith(".md"):
                self.check_size(path, text)
        for name in ("README.md", "CMakeLists.txt"):
            if os.path.exists(os.path.join(self.root, name)):
                self.check_words(name, self.read(name), "")
        for line in self.problems:
            print(line)
        for a, b in sorted(self.edges, key=lambda e: (-FLOOR.get(e[0], 9), e)):
            print(f"{a} -> {b}")
        print(f"{self.files} files, {len(self.problems)} problems")
        return 1 if self.problems else 0


if __name__ == "__main__":
    sys.exit(Checker(os.path.abspath(sys.argv[1])).run())
