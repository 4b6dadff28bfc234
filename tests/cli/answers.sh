# ask and retrieve: answers with citations, honest absence, JSON and JSON Lines.
. "$(dirname "$0")/lib.sh"
make_documents
C=$T/c.sextant
run ingest -c "$C" -q "$T/lease.md" "$T/contract.txt"; is_rc 0

# How sure is sure enough is not the matter here: where an answer must come, --min-confidence 0 asks for it.

# for a person
run ask --min-confidence 0 "$T/lease.md" 'When does the landlord return the deposit?'; is_rc 0; err_empty
out_has 'within sixty days'; out_has 'Sources'; out_has 'lease.md > '; out_has '2. Deposit'
run ask --min-confidence 0 "$T/contract.txt" '出租人应当在什么时候退还押金？'; is_rc 0; out_has '十五日内'; out_has '第二条'
run ask --min-confidence 0 -c "$C" 'May dogs be kept?'; is_rc 0; out_has 'written consent'; out_has 'lease.md'
run ask "$T/lease.md" 'What is the boiling point of tungsten?'; is_rc 0; out_has 'Not found in lease.md.'
run ask "$T/lease.md" "$T/contract.txt" 'What is the boiling point of tungsten?'; is_rc 0
out_has 'Not found in lease.md and contract.txt.'
run ask --min-confidence 0 --trace "$T/lease.md" 'When does the landlord return the deposit?'; is_rc 0; out_has 'How it was found'; out_has '2. Deposit'
feed 'The bridge was opened in 1932. It is painted grey.'
run ask --min-confidence 0 - 'When was the bridge opened?'; is_rc 0; out_has '1932'

# for programs: the spans are those of the file
run ask --min-confidence 0 --json "$T/lease.md" 'When does the landlord return the deposit?'; is_rc 0; out_lines 1
for key in '"answer":"' '"finish":"stop"' '"confidence":' '"citations":[{"doc":"lease.md"' '"evidence":[{' '"trace":[' \
    '"verdict":{' '"support":'; do out_has "$key"; done
start=$(sed 's/.*"citations":\[{[^}]*"start":\([0-9]*\).*/\1/' "$T/out")
end=$(sed 's/.*"citations":\[{[^}]*"end":\([0-9]*\).*/\1/' "$T/out")
tail -c +$((start + 1)) "$T/lease.md" | head -c $((end - start)) | grep -q 'sixty days' || wrong 'the span is not the quote'
run ask --json "$T/lease.md" 'What is the boiling point of tungsten?'; is_rc 0
out_has '"finish":"not_found"'; out_has '"citations":[]'

# line by line, in order, each line answered, one failure told and the rest served
feed '{"id":1,"question":"When is the rent due?","doc":"lease.md","unknown":[1]}
{"id":"two","question":"Anything?","doc":"nothing.md"}

not json
{"id":4}
{"id":5,"question":7}
{"id":{"a":6},"question":"每月租金是多少？"}'
run ask --min-confidence 0 -c "$C" --jsonl; is_rc 1; out_lines 6; err_empty
line_has 1 '{"id":1,"answer":"'; line_has 1 'third working day'
line_has 2 '{"id":"two","error":{"code":"LLM_E_NOT_FOUND"'
line_has 3 '{"id":null,"error":{"code":"LLM_E_FORMAT"'
line_has 4 '"error":{"code":"LLM_E_INVALID"'; line_has 4 'question'
line_has 5 '"error":{"code":"LLM_E_INVALID"'
line_has 6 '{"id":{"a":6},"answer":"'; line_has 6 '三千元'
feed '{"id":1,"question":"When is the rent due?"}'
run ask --min-confidence 0 --jsonl "$T/lease.md"; is_rc 0; out_lines 1; out_has 'third working day'

feed '{"id":1,"question":"When does the landlord return the deposit?","doc":"lease.md"}
{"id":2,"question":"押金","doc":"contract.txt"}
{"id":3,"question":""}'
run retrieve -c "$C" --jsonl --top 2; out_lines 3
line_has 1 '{"id":1,"confidence":'; line_has 1 '"evidence":[{"doc":"lease.md","node":"0.'; line_has 1 'sixty days'
line_has 2 '"doc":"contract.txt"'; line_has 3 '{"id":3,'
[ "$(sed -n 1p "$T/out" | grep -o '"node"' | wc -l)" -le 2 ] || wrong 'more evidence than --top'
run retrieve -c "$C" 'When does the landlord return the deposit?'; is_rc 0; out_has 'Confidence'; out_has 'sixty days'
run retrieve -c "$C" --json --trace 'deposit'; is_rc 0; out_has '"trace":['
run retrieve -c "$C" --doc nothing.md 'deposit'; is_rc 2; err_sentence; err_has 'nothing.md'
run ask -c "$C" "$T/lease.md" 'deposit?'; is_rc 2; err_sentence

# personal data in a passage is redacted on the way out, and that is told
printf 'Complaints go to Jo Doe at jo.doe@example.org within two weeks.\n' >"$T/mail.txt"
run ask --min-confidence 0 "$T/mail.txt" 'Where do complaints go?'; is_rc 0; out_has '<EMAIL_ADDRESS>'; out_lacks 'jo.doe@'; err_has 'redacted'
run ask --min-confidence 0 --no-guard "$T/mail.txt" 'Where do complaints go?'; is_rc 0; out_has 'jo.doe@example.org'
run ask --min-confidence 0 --json "$T/mail.txt" 'Where do complaints go?'; is_rc 0; out_has '"type":"EMAIL_ADDRESS"'
finish
