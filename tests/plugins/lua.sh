#!/bin/sh
# lua.sh SOURCE BUILD LIBSEXTANT: the LuaJIT example answers, every name of the header can be reached through the FFI, and the
# host is as it was: one thread, nothing printed by the library, and the library may be collected.
set -eu
source=$1 build=$2 library=$3
command -v luajit >/dev/null || { echo "SKIPPED: there is no luajit (Debian: luajit)"; exit 77; }
export LUA_PATH="$build/examples/?.lua"
work=$build/tests/lua
rm -rf "$work"
mkdir -p "$work"
printf '# Hours\n\nThe harbour office opens at seven in the morning.\n' >"$work/hours.md"
luajit "$source/examples/lua/ask.lua" "$library" "$work/hours.md" "When does the harbour office open?" >"$work/out" 2>"$work/err"
grep -q "seven in the morning" "$work/out" || { echo "the answer: $(cat "$work/out" "$work/err")"; exit 1; }
grep -q '^\[0' "$work/out" || { echo "no citation: $(cat "$work/out")"; exit 1; }
[ ! -s "$work/err" ] || { echo "something was printed: $(cat "$work/err")"; exit 1; }
if luajit "$source/examples/lua/ask.lua" "$library" "$work/absent.md" "x" >"$work/out" 2>&1; then echo "no error"; exit 1; fi
grep -q "absent.md" "$work/out" || { echo "the error: $(cat "$work/out")"; exit 1; }

grep -o '^llm_[a-z0-9_]*' "$source/tests/abi/symbols.txt" >"$work/names"
cat >"$work/names.lua" <<'LUA'
local ffi = require('ffi')
local function threads() local p = io.popen('ls /proc/' .. ffi.C.getpid() .. '/task | wc -l'); local n = p:read('*n'); p:close(); return n end
ffi.cdef [[int getpid(void);]]
assert(threads() == 1, 'threads before loading')
local llm = require('sextant_cdef')
local C = ffi.load(arg[1])
local n = 0
for name in io.lines(arg[2]) do
    assert(C[name] ~= nil, name)
    n = n + 1
end
assert(n > 100 and llm.LLM_E_FORK == -9 and llm.LLM_MORE == 1)
assert(ffi.string(C.llm_version()):match('^%d+%.%d+%.%d+$'))
assert(threads() == 1, 'threads after loading')
C = nil
collectgarbage(); collectgarbage() -- closes the library
LUA
luajit "$work/names.lua" "$library" "$work/names"
