-- luajit ask.lua LIBSEXTANT FILE QUESTION: an answer from a document, with citations, in LuaJIT.
-- sextant_cdef.lua, made from the header, must be on package.path.
local ffi = require('ffi')
local llm = require('sextant_cdef')
local C = ffi.load(arg[1])

local err = ffi.new('llm_error')
C.llm_error_init(err, ffi.sizeof(err))
local function check(status, ctx)
    if status < 0 then
        error(ffi.string(ctx and C.llm_ctx_errmsg(ctx) or err.message), 0)
    end
    return status
end

-- A handle out of a constructor, freed when Lua collects it. Call free yourself where the moment matters.
local function handle(type, free, call)
    local out = ffi.new(type .. ' *[1]')
    call(out)
    return ffi.gc(out[0], free)
end

local corpus = handle('llm_corpus', C.llm_corpus_free, function(out) check(C.llm_corpus_open(out, nil, nil, err)) end)
check(C.llm_ingest_file(corpus, arg[2], nil, nil, err))
local ctx = handle('llm_ctx', C.llm_ctx_free, function(out) check(C.llm_ctx_create(out, nil, corpus, nil, nil, err)) end)
local question = arg[3]
local found = handle('llm_evidence', C.llm_evidence_free, function(out)
    check(C.llm_retrieve(ctx, question, #question, nil, out), ctx)
end)
local reply = handle('llm_reply', C.llm_reply_free, function(out)
    check(C.llm_generate(ctx, question, #question, found, nil, out), ctx)
end)
while check(C.llm_reply_next(reply), ctx) == llm.LLM_MORE do
    io.write(ffi.string(C.llm_reply_piece(reply), C.llm_reply_piece_len(reply)))
end
for i = 0, C.llm_reply_citation_count(reply) - 1 do
    io.write('\n[', ffi.string(C.llm_reply_citation_node(reply, i)), ']')
end
io.write('\n')
