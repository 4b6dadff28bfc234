# dequantize and template: what needs no model.
. "$(dirname "$0")/lib.sh"

# q8_0: a half of 1.0 (0x3C00) and 32 signed bytes
block() { printf '\000\074'; printf '\001\002\377\200'; head -c 28 /dev/zero; }
block >"$T/in"; run dequantize q8_0; is_rc 0; err_empty
od -An -tf4 -N16 "$T/out" | tr -s ' ' >"$T/text"
[ "$(cat "$T/text")" = ' 1 2 -1 -128' ] || wrong "values are $(cat "$T/text")"
[ "$(wc -c <"$T/out")" = 128 ] || wrong '32 values'
i=0; while [ $i -lt 10 ]; do block; i=$((i + 1)); done >"$T/in"; run dequantize q8_0; is_rc 0
[ "$(wc -c <"$T/out")" = 1280 ] || wrong '320 values'
printf '\000\074' >"$T/in"; run dequantize f16; is_rc 0; [ "$(od -An -tf4 "$T/out" | tr -d ' ')" = 1 ] || wrong 'f16 of 1'
run dequantize q8_0; is_rc 0; out_empty
feed 'abc'; run dequantize q8_0; is_rc 2; err_sentence
feed 'abc'; run dequantize no_such_type; is_rc 2; err_sentence; err_has 'no_such_type'

# template: a conversation through the template of a file
printf '{%% for m in messages %%}<{{ m.role }}>{{ m.content }}\n{%% endfor %%}{%% if add_generation_prompt %%}<assistant>{%% endif %%}' >"$T/t"
feed '{"messages":[{"role":"user","content":"Hi, 世界"}],"add_generation_prompt":true}'
run template --template "$T/t"; is_rc 0; err_empty; out_is '<user>Hi, 世界
<assistant>'
feed '{"id":1,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}
{"id":2,"messages":7}
{"id":3,"messages":[]}'
run template --template "$T/t" --jsonl; is_rc 1; out_lines 3
line_has 1 '{"id":1,"text":"<user>a\n<assistant>b\n"}'; line_has 2 '"error"'; line_has 3 '{"id":3,"text":""}'
feed 'no json'; run template --template "$T/t"; is_rc 2; err_sentence
echo '{% for %}' >"$T/t"; feed '{}'; run template --template "$T/t"; is_rc 2; err_sentence
finish
