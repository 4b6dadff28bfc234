#!/usr/bin/env python3
"""How libsextant.so stands in a host's process: check_elf.py LIBSEXTANT.SO [--sanitized]

SONAME, immediate binding, read-only relocations, no unloading under a host's feet, no executable stack, no text
relocations, no search path, no constructors of ours, and only the shared libraries that the project owns up to."""
import re
import subprocess
import sys

SONAME = "libsextant.so.0"
# every library that loads with us is a promise: it must start no thread and read no file when loaded
NEEDED = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libsqlite3.so.0", "libsodium.so.23", "libutf8proc.so.2",
          "libutf8proc.so.3", "libstemmer.so.0d", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libgcc_s.so.1"}


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], capture_output=True, text=True, check=True).stdout


def main():
    so = sys.argv[1]
    sanitized = "--sanitized" in sys.argv[2:]
    problems = []
    dynamic = readelf("-d", so)
    segments = readelf("-l", so)
    sections = readelf("-S", so)

    soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    if soname != [SONAME]:
        problems.append(f"SONAME is {soname}, not {SONAME}")
    if not re.search(r"FLAGS\).*BIND_NOW|FLAGS_1\).*NOW|\(BIND_NOW\)", dynamic):
        problems.append("not bound at load: link with -z now")
    if not re.search(r"FLAGS_1\).*NODELETE", dynamic):
        problems.append("dlclose would unload it under running threads: link with -z nodelete")
    if "GNU_RELRO" not in segments:
        problems.append("no GNU_RELRO segment: link with -z relro")
    if "(TEXTREL)" in dynamic or re.search(r"FLAGS\).*TEXTREL", dynamic):
        problems.append("text relocations: some code is not position-independent")
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        problems.append("carries a library search path")
    stack = re.search(r"GNU_STACK\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+(\S+)", segments)
    if not stack or "E" in stack.group(1):
        problems.append("asks for an executable stack")
    for kind, flags in re.findall(r"^\s+(LOAD)\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+([RWE ]+?)\s+0x", segments, flags=re.M):
        if "W" in flags and "E" in flags:
            problems.append("a segment is writable and executable at once")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    if not sanitized:
        for name in sorted(needed - NEEDED):
            problems.append(f"needs {name}, which is not on the list of libraries that may load with us")
        # crtbegin brings one entry of each (frame_dummy, __do_global_dtors_aux), libgcc one that asks the CPU what it can
        # do (__cpu_indicator_init); more are constructors of ours
        own = 1 + ("__cpu_indicator_init" in readelf("-s", so))
        for array, most in (("init_array", own), ("fini_array", 1)):
            size = re.search(r"\." + array + r"\s+\w+\s+\w+\s+\w+\s+(\w+)", sections)
            if size and int(size.group(1), 16) > 8 * most:
                problems.append(f".{array} has {int(size.group(1), 16) // 8} entries: something runs when the library loads")
    tls = re.search(r"^\s+TLS\s", segments, flags=re.M)
    if tls and not sanitized:
        problems.append("has thread-local storage")

    for line in problems:
        print(line)
    print(f"{so}: needs {' '.join(sorted(needed))}; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
