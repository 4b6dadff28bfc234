#!/usr/bin/env python3
"""What our object files define, keep and call: check_objects.py BUILD_DIR [--sanitized]

1. Every global symbol of the modules begins sx_; llm_* is defined in src/api alone.
2. Nothing of ours is writable and lives as long as the process: a library that sits in several hosts' plugins at once
   keeps its state in handles. The exceptions stand below, with their reasons.
3. Nothing of ours prints, exits, reads the environment, changes the process, depends on the locale, or is unsafe with
   threads. The exceptions stand below, with their reasons.
The command under src/cli is a program and may do what programs do; libraries may not."""
import json
import os
import re
import subprocess
import sys

# symbol: why a writable object may be
WRITABLE = {
}

BANNED = {
    "prints": "printf vprintf puts putchar perror stdout stderr psignal __printf_chk __vprintf_chk error warn warnx err"
              " errx syslog",
    "ends the process": "exit _exit _Exit quick_exit abort __assert_fail __assert raise kill atexit on_exit __cxa_atexit",
    "reads or changes the environment": "getenv secure_getenv setenv putenv unsetenv clearenv environ __environ",
    "changes the process": "setlocale chdir fchdir umask signal sigaction sigprocmask pthread_sigmask sigaltstack"
                           " setrlimit prctl fork vfork execve execvp system popen pthread_atfork dup2 nice setpriority"
                           " sched_setaffinity pthread_setaffinity_np fesetround fesetenv feenableexcept"
                           " openblas_set_num_threads omp_set_num_threads goto_set_num_threads",
    "hides state": "srand rand random srandom drand48 lrand48 strtok localtime gmtime asctime ctime gethostbyname"
                   " readdir_r getpwnam getpwuid rand_r",
    "has no bound": "gets strcpy strcat sprintf vsprintf stpcpy alloca scanf",
    "depends on the host's locale": "strtod strtof strtold atof atoi atol sscanf __isoc99_sscanf strcoll strxfrm"
                                    " strcasecmp strncasecmp tolower toupper isalpha isdigit isspace isalnum"
                                    " __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc mbstowcs wcstombs"
                                    " mbrtowc towlower towupper iswalpha",
    "goes round the caller's allocator": "malloc calloc realloc strdup strndup asprintf vasprintf aligned_alloc"
                                         " posix_memalign getline getdelim free",
}
# what a plugin is known by
PLUGIN_ENTRIES = {("src/readers/xml/plugin.c", "sextant_reader_plugin"), ("src/readers/pdf/plugin.c", "sextant_reader_plugin")}
# (source file, symbol): why
ALLOWED = {
    ("src/platform/mem.c", "malloc"): "the default behind the caller's allocator",
    ("src/platform/mem.c", "aligned_alloc"): "the default behind the caller's allocator",
    ("src/platform/mem.c", "realloc"): "the default behind the caller's allocator",
    ("src/platform/mem.c", "free"): "the default behind the caller's allocator",
    ("src/api/identity.c", "malloc"): "a cancel token belongs to no handle, so there is no allocator to ask",
    ("src/api/identity.c", "free"): "as above",
    ("src/engine/model/gguf_values.c", "__isoc99_sscanf"): "reads back what snprintf wrote a line before, in the same locale",
    ("src/engine/quantise/file.c", "__isoc99_sscanf"): "reads whole numbers and names only, which no locale changes",
    ("src/platform/number.c", "strtod"): "given the host's own decimal sign: this file hides it from the rest",
    ("src/engine/text/jinja/strftime.c", "__isoc99_sscanf"): "reads whole numbers only, which no locale changes",
    ("src/platform/pool.c", "pthread_sigmask"): "workers start with every signal blocked; the caller's mask is put back",
    ("src/platform/cpu.c", "__isoc99_sscanf"): "reads whole numbers only, which no locale changes",
}


def objects(build):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        for entry in json.load(f):
            source = entry["file"]
            m = re.search(r"/(src/.*)$", source)
            if not m or "/tests/" in source:
                continue
            out = entry.get("output") or re.search(r" -o (\S+)", entry["command"]).group(1)
            path = out if os.path.isabs(out) else os.path.join(entry["directory"], out)
            if os.path.exists(path):
                yield m.group(1), path


def nm(path, *args):
    out = subprocess.run(["nm", *args, path], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        fields = line.split()
        if len(fields) >= 2:
            yield fields[-1], fields[-2]


def main():
    build = sys.argv[1]
    sanitized = "--sanitized" in sys.argv[2:]
    why = {name: reason for reason, names in BANNED.items() for name in names.split()}
    problems, count, seen = [], 0, set()
    for source, path in objects(build):
        if source.startswith("src/cli/"):
            continue
        count += 1
        for name, kind in nm(path, "--defined-only"):
            if sanitized and re.search(r"asan|tsan|ubsan|sancov|sanitizer|^\.L|^DW\.ref", name):
                continue
            if kind in "TDBRCVWuGS" and kind.isupper():
                if name.startswith("llm_"):
                    if not source.startswith("src/api/"):
                        problems.append(f"{source}: defines {name}; only src/api may define llm_*")
                elif not name.startswith("sx_") and (source, name) not in PLUGIN_ENTRIES:
                    problems.append(f"{source}: global {name} does not begin with sx_")
            if kind in "DdBbCGgSs" and not name.startswith((".data.rel.ro", "__func__", "__PRETTY")):
                base = re.sub(r"\.\d+$", "", name)
                if not sanitized and not relro(path, name) and (source, base) not in WRITABLE:
                    problems.append(f"{source}: {name} is writable for as long as the process lives")
        for name, _ in nm(path, "-u"):
            if sanitized and re.match(r"_*(asan|tsan|ubsan|sancov|sanitizer)", name):
                continue
            base = name.split("@")[0]
            if source.startswith("src/readers/") and base in BANNED["goes round the caller's allocator"].split():
                continue  # plugins give text to a sink; what they and their libraries need meanwhile is malloc's
            if base in why and (source, base) not in ALLOWED:
                problems.append(f"{source}: calls {base}, which {why[base]}")
            seen.add((source, base))
    if count == 0:
        problems.append(f"{build}: no object files of src/ were found")
    for source, name in sorted(set(ALLOWED) - seen):
        if os.path.exists(source) and not sanitized:
            problems.append(f"the exception for {source}: {name} is no longer used: take it out")
    for line in problems:
        print(line)
    print(f"{count} object files, {len(problems)} problems")
    return 1 if problems else 0


def relro(path, symbol):
    """True for constant tables with pointers in them: writable for the linker alone (.data.rel.ro)."""
    if path not in relro.cache:
        out = subprocess.run(["objdump", "-t", path], capture_output=True, text=True, check=True).stdout
        relro.cache[path] = {line.split()[-1] for line in out.splitlines() if ".data.rel.ro" in line}
    return symbol in relro.cache[path]


relro.cache = {}

if __name__ == "__main__":
    sys.exit(main())
