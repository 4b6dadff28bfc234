#!/usr/bin/env python3
"""make_cdef.py sextant.h > sextant_cdef.lua: the header's types, functions and numbers in the form that LuaJIT's FFI takes."""
import re
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
constants = re.findall(r"^#define (LLM_[A-Z0-9_]+)\s+\(?(-?\d+)u?\)?\s*$", text, flags=re.M)
text = re.sub(r"\\\n", " ", text)
text = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
text = re.sub(r'extern "C" \{', "", text)
text = re.sub(r"\bLLM_API\s+", "", text)
text = text.rstrip().removesuffix("}")  # of extern "C"
text = re.sub(r"\n\s*\n+", "\n", text).strip()
print("-- Generated from sextant.h by make_cdef.py. require('sextant_cdef') declares the API and returns its numbers.")
print("local ffi = require('ffi')")
print("ffi.cdef [[")
print(text)
print("]]")
print("return {")
for name, value in constants:
    print(f"    {name} = {value},")
print("}")
