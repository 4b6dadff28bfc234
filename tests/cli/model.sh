# The commands that need a model: generate, tokenize, detokenize, logits, bench, ask -m.
. "$(dirname "$0")/lib.sh"
need_model
story='Once upon a time, there was a little girl named Lily.'

run generate -m "$MODEL" --prompt '' -n 40; is_rc 0; err_empty; out_has "$story"
feed ''; run generate -m "$MODEL" -n 40; is_rc 0; out_has "$story"
run generate -m "$MODEL" -p '' --stop Lily -n 60; is_rc 0; out_is 'Once upon a time, there was a little girl named 
'
run generate -m "$MODEL" -p '' --json -n 3; is_rc 0; out_lines 1; out_has '"finish":"length"'; out_has '"output_tokens":3'
run generate -m "$MODEL" -p x -n 20 --temperature 1 --seed 7 -t 1; is_rc 0; cp "$T/out" "$T/first"
run generate -m "$MODEL" -p x -n 20 --temperature 1 --seed 7 -t 2; is_rc 0
cmp -s "$T/first" "$T/out" || wrong 'the same seed gives the same text on any number of threads'
run generate -m "$MODEL" -p '' -n 4 --logit-bias 403=-inf --json; is_rc 0; grep -q '"tokens":\[403,' "$T/out" && wrong 'token 403 is banned'
run generate -m "$MODEL" -p '' -n 4 --logit-bias 403; is_rc 2; err_sentence
run generate -m "$MODEL" -p '' -n 4 --logit-bias 99999=1; is_rc 2; err_sentence
run generate -m "$MODEL" -p '' -n 60 --repeat-penalty 1.3 --dry-multiplier 0.8 --dry-breaker X --top-n-sigma 1 --temperature 1
is_rc 0
feed '{"id":1,"prompt":"","max_tokens":2,"logprobs":3,"logit_bias":{"403":false},"xtc_probability":0.1,"mirostat_tau":3}
{"id":2,"prompt":"","max_tokens":1,"logprobs":true}
{"id":3,"prompt":"","typical_p":7}'
run generate -m "$MODEL" --jsonl; is_rc 1; line_has 1 '"logprobs":[{"token":'; line_has 1 '"top":[{"token":403,'
line_has 2 '"logprobs":[{"token":403,'; line_has 3 LLM_E_INVALID
feed '{"id":1,"prompt":"","max_tokens":12,"temperature":0,"seed":1}
{"id":2,"messages":[{"role":"user","content":"Hi"}]}
{"id":3}
{"id":4,"prompt":"Lily","max_tokens":4,"grammar":"root ::= x"}
{"id":6,"prompt":"Lily","grammar":"root ::= \" is \" (\"happy\" | \"sad\")"}
{"id":7,"prompt":"Lily","max_tokens":3,"grammar":"root ::= [a-z ]*"}
{"id":8,"prompt":"Lily","schema":{"type":"object","properties":{"n":{"type":"integer","minimum":7,"maximum":7}},"required":["n"]}}
{"id":9,"prompt":"Lily","schema":"{\"enum\":[\"red\"]}"}
{"id":10,"prompt":"Lily","schema":{"properties":{"a":{"not":{}}}}}
{"id":11,"prompt":"Lily","schema":true,"grammar":"root ::= \"x\""}
{"id":5,"prompt":"Lily","max_tokens":4,"stop":["zzz"],"grammar":null}'
run generate -m "$MODEL" --jsonl; is_rc 1; out_lines 11; err_empty
line_has 1 '{"id":1,"text":"Once upon a time'; line_has 1 '"finish":"length","usage":{"prompt_tokens":'; line_has 1 '"tokens":['
line_has 2 '"error":{"code":"LLM_E_NOT_FOUND"' # this model has no chat template
line_has 3 '"error":{"code":"LLM_E_INVALID"'; line_has 4 'the rule x is used but not defined'; line_has 11 '{"id":5,"text":"'
grep -qE '^\{"id":6,"text":" is (happy|sad)".*"finish":"stop"' "$T/out" || wrong 'a grammar leaves two answers'
line_has 6 '"finish":"length"'
grep -qE '^\{"id":8,"text":"\{(\\n)? *\\"n\\":(\\n)? *7(\\n)? *\}".*"finish":"stop"' "$T/out" || wrong 'a schema leaves one object'
line_has 8 '{"id":9,"text":"\"red\""'; line_has 9 '#/properties/a/not'; line_has 10 'choose one'
printf 'root ::= "The " [a-m]+ "!" # as it is\n' >"$T/g"; run generate -m "$MODEL" -p x --grammar "$T/g" -n 200 --temperature 2 --seed 4; is_rc 0
grep -qE '^The [a-m]+!$' "$T/out" || wrong 'the grammar of a file holds'
printf 'root ::= (' >"$T/g"; run generate -m "$MODEL" -p x --grammar "$T/g"; is_rc 2; err_sentence; err_has 'line 1, column 11'

run tokenize -m "$MODEL" 'Once upon a time'; is_rc 0; out_lines 1; ids=$(cat "$T/out")
run detokenize -m "$MODEL" $ids; is_rc 0; out_has 'Once upon a time'
feed "$(echo $ids | tr ' ' ,)"; run detokenize -m "$MODEL"; is_rc 0; out_has 'Once upon a time'
run tokenize -m "$MODEL" --no-special a b; is_rc 0; out_lines 2
run detokenize -m "$MODEL" 99999999; is_rc 2; err_sentence
feed '{"id":1,"text":"Once upon"}
{"id":2,"text":"Once upon","add_special":false}
{"id":3,"text":7}
{"id":4,"text":"é\u0000猫"}'
run tokenize -m "$MODEL" --jsonl; is_rc 1; out_lines 4; line_has 1 '{"id":1,"tokens":[1,'; line_has 2 '{"id":2,"tokens":['
line_has 3 '"error"'; line_has 4 '{"id":4,"tokens":['
tokens=$(sed -n '2s/.*"tokens":\(\[[^]]*\]\).*/\1/p' "$T/out")
feed "{\"id\":1,\"tokens\":$tokens}
{\"id\":2,\"tokens\":[-1]}
{\"id\":3,\"tokens\":[99999999]}
{\"id\":4,\"tokens\":[]}"
run detokenize -m "$MODEL" --jsonl; is_rc 1; out_lines 4; line_has 1 'Once upon'; line_has 2 '"error"'; line_has 3 '"error"'
line_has 4 '{"id":4,"text":""}'

# a file that holds a vocabulary and no weights tokenizes, and says so when asked for more
vocabulary=$SEXTANT_SHARED/bench/vocab/ggml-vocab-gpt-2.gguf
if [ -f "$vocabulary" ]; then
    run tokenize -m "$vocabulary" 'Hello world'; is_rc 0; out_is '15496 995
'
    run generate -m "$vocabulary" -p Hello; is_rc 2; err_sentence; err_has 'no weights'
fi

run score -m "$MODEL" -p 'Once upon a time' ', there was' ' purple monkey'; is_rc 0; out_lines 2; err_empty
feed '{"id":1,"prompt":"Once upon a time","continuations":[", there was"," zzz"],"given":[7,0],"top":2}
{"id":2,"text":"Once upon a time, there was a little girl"}
{"id":3,"continuations":["x"],"given":[2]}
{"id":4,"prompt":"x"}'
run score -m "$MODEL" --jsonl; is_rc 1; out_lines 4; err_empty
line_has 1 '{"id":1,"scores":[{"sum":-0.0'; line_has 1 '"top":[[[286,'; line_has 2 '{"id":2,"sum":-'; line_has 2 '"perplexity":1.'
line_has 3 '"error":{"code":"LLM_E_INVALID"'; line_has 4 '"error":{"code":"LLM_E_INVALID"'
run score -m "$MODEL"; is_rc 2; err_sentence
story="$story One day, Lily went to the park with her mom and dad. They saw a big dog and a small cat."
feed "$story"; run perplexity -m "$MODEL" -c 16; is_rc 0; out_has 'perplexity '; err_empty
feed "$story"; run imatrix -m "$MODEL" -o "$T/m.imatrix" -c 16; is_rc 0; out_empty; err_empty
run quantize --imatrix "$T/m.imatrix" "$MODEL" "$T/weighed.gguf" q4_0; is_rc 0; out_empty; err_empty
feed "$story"; run perplexity -m "$T/weighed.gguf" --against "$MODEL" --json; is_rc 0; out_has '"kl":0.'; out_has '"same_top":0.'
run quantize --imatrix "$MODEL" "$MODEL" "$T/none.gguf" q4_0; is_rc 2; err_sentence; [ ! -e "$T/none.gguf" ] || wrong 'no file after a failure'
run embed -m "$MODEL" 'Once upon a time' Lily; is_rc 0; out_lines 2; err_empty
feed '{"id":1,"text":"Once upon a time"}
{"id":2,"texts":["Once","Lily"]}
{"id":3,"texts":7}'
run embed -m "$MODEL" --jsonl; is_rc 1; out_lines 3; line_has 1 '{"id":1,"embedding":['; line_has 2 '{"id":2,"embeddings":[['
line_has 3 '"error"'
run rerank -m "$MODEL" -q who Lily; is_rc 2; err_sentence; err_has 'classification head'

run logits -m "$MODEL" --tokens 1,403,407 -o "$T/l"; is_rc 0; out_empty
[ "$(wc -c <"$T/l")" = $((3 * 512 * 4)) ] || wrong 'three rows of 512 float32'
run logits -m "$MODEL" --tokens 1,403,407 -o - -t 1 --kv f16; is_rc 0
cmp -s "$T/l" "$T/out" || wrong 'thread count changes no bit'
run logits -m "$MODEL" --tokens 1,99999 -o "$T/l2"; is_rc 2; err_sentence; [ ! -e "$T/l2" ] || wrong 'no file after a failure'
run logits -m "$MODEL" --tokens 1,403 -o /dev/full; is_rc 2; err_sentence

run quantize "$MODEL" "$T/small.gguf" q8_0; is_rc 0; out_empty; err_empty
[ "$(wc -c <"$T/small.gguf")" -lt "$(wc -c <"$MODEL")" ] || wrong 'q8_0 is smaller than f32'
run generate -m "$T/small.gguf" -p '' -n 12; is_rc 0; out_has 'Once upon a time'
mkfifo "$T/fifo"; run quantize "$MODEL" "$T/fifo" q8_0; is_rc 2; err_sentence; [ -p "$T/fifo" ] || wrong 'a pipe was replaced'
run quantize "$MODEL" "$T/none.gguf" q99; is_rc 2; err_sentence; [ ! -e "$T/none.gguf" ] || wrong 'no file after a failure'

run bench -m "$MODEL" -p 32 -n 8 -r 1 -t 1 --json; is_rc 0; out_lines 1
for key in '"pp":' '"tg":' '"load_ms":' '"rss_mb":' '"isa":"' '"threads":1'; do out_has "$key"; done
run bench -m "$MODEL" -p 16 -n 4 -r 2; is_rc 0; out_has 'tokens/s'

run bench -m "$MODEL" -p 16 -n 8 -r 1 -t 2 --sequences 5 --kv q8_0 --json; is_rc 0; out_has '"sequences":5'; out_has '"tg_tokens":40'
run bench -m "$MODEL" -p 1 --sequences 0; is_rc 2; err_sentence
run bench -m "$MODEL" -p 16 -n 4 -r 1 --depth 32 --json; is_rc 0; out_has '"depth":32'; out_has '"tg_tokens":4'
run bench -m "$MODEL" --depth 8 --sequences 2; is_rc 2; err_sentence
run bench -m "$MODEL" -p 16 -n 4 -r 1 -t 2 --roofline; is_rc 0; out_has 'This machine with 2 threads'; out_has 'B/s read'
grep -qE '^  reading +[0-9.]+ [ kMG] +[0-9.]+ [ kMG] +[0-9.]+ (memory|products) +[0-9.]+ +[0-9.]+ %$' "$T/out" || wrong 'a row for reading'
grep -qE '^  writing +[0-9.]+ [ kMG] +[0-9.]+ [ kMG] +[0-9.]+ (memory|products) +[0-9.]+ +[0-9.]+ %$' "$T/out" || wrong 'a row for writing'
run bench -m "$MODEL" -p 0 -n 4 -r 1 -t 1 --isa scalar --roofline; is_rc 0; out_has 'not measured at this level'; out_has ' memory '
run bench -m "$MODEL" -p 16 -n 4 -r 1 -t 1 --isa scalar --roofline --json; is_rc 0; out_lines 1
out_has '"roofline":{"bytes_per_s":'; out_has '"products_per_s":null,"kind":null,'; out_has '"limit_by":"memory"'
if command -v python3 >/dev/null; then
    run bench -m "$MODEL" -p 16 -n 4 -r 1 --sequences 2 --roofline --json; is_rc 0
    python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))["roofline"]
rows = [r["reading"], r["writing"]]
ok = r["bytes_per_s"] > 0 and all(x[k] > 0 for x in rows for k in ("bytes", "products", "limit", "measured", "share"))
sys.exit(not ok or rows[1]["products"] <= rows[0]["products"])' "$T/out" || wrong 'positive numbers in the roofline'
fi
run bench -m "$MODEL" -p 16 -n 4 -r 1 --json; is_rc 0; out_lacks '"roofline":'

for kv in f16 f32 bf16 q8_0 q4_0; do # each its own numbers
    run logits -m "$MODEL" --tokens 1,403,407,261,378,9,300,301 --kv $kv -o "$T/logits-$kv"; is_rc 0
    for other in "$T"/logits-*; do
        [ "$other" = "$T/logits-$kv" ] || ! cmp -s "$other" "$T/logits-$kv" || wrong "--kv $kv keeps the numbers of $other"
    done
done
run logits -m "$MODEL" --tokens 1 --kv q9 -o "$T/none"; is_rc 2; err_sentence

make_documents
run ask -m "$MODEL" --min-confidence 0 -n 8 "$T/lease.md" 'When is the rent due?'; is_rc 0
run ask -m "$MODEL" --min-confidence 0 -n 8 --json "$T/lease.md" 'When is the rent due?'; is_rc 0; out_has '"usage":{"prompt_tokens":'
feed 'not a model'; cp "$T/in" "$T/bad.gguf"; run generate -m "$T/bad.gguf" -p x; is_rc 2; err_sentence
finish
