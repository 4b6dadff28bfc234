#!/bin/sh
# lua.sh SOURCE BUILD LIBSEXTANT PROBE: the LuaJIT example answers, every name of the header can be reached through the FFI, and the
# host is as it was: one thread, nothing printed by the library, signal handlers, locale, floating-point modes and the rest as
# the probe saw them; the library may be collected; two copies of it work side by side.
set -eu
source=$1 build=$2 library=$3 probe=$4
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

cat >"$work/manners.lua" <<'LUA'
local ffi = require('ffi')
ffi.cdef [[const char *probe_state(void);]]
local probe = ffi.load(arg[3])
local llm = require('sextant_cdef')
local function state() return ffi.string(probe.probe_state()) end
local function redact(C, text)
    local ctx, verdict = ffi.new('llm_ctx *[1]'), ffi.new('llm_verdict *[1]')
    assert(C.llm_ctx_create(ctx, nil, nil, nil, nil, nil) == 0)
    assert(C.llm_guard_check(ctx[0], text, #text, nil, verdict) == 0)
    local out = ffi.string(C.llm_verdict_text(verdict[0]), C.llm_verdict_text_len(verdict[0]))
    C.llm_verdict_free(verdict[0])
    C.llm_ctx_free(ctx[0])
    return out
end
local before = state()
local first, second = ffi.load(arg[1]), ffi.load(arg[2])
assert(state() == before, 'loading changed the process')
assert(first.llm_get_api(1) ~= second.llm_get_api(1), 'one library, not two')
for _, C in ipairs { first, second, first } do
    assert(redact(C, 'mail joe@example.org') == 'mail <EMAIL_ADDRESS>')
end
assert(state() == before, 'a call changed the process:\n' .. before .. '\n' .. state())
first = nil
collectgarbage(); collectgarbage() -- one goes, the other stays
assert(redact(second, 'mail joe@example.org') == 'mail <EMAIL_ADDRESS>')
second = nil
collectgarbage(); collectgarbage()
assert(state() == before, 'unloading changed the process')
LUA
cp "$library" "$work/second-libsextant.so"
luajit "$work/manners.lua" "$library" "$work/second-libsextant.so" "$probe" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
[ ! -s "$work/out" ] || { echo "something was printed: $(cat "$work/out")"; exit 1; }
