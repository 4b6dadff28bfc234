# guard and restore: a filter, JSON Lines, streams in pieces, policies, vaults.
. "$(dirname "$0")/lib.sh"

# a filter
feed 'Write to jo@example.org today.
'
run guard; is_rc 0; err_empty; out_is 'Write to <EMAIL_ADDRESS> today.
'
printf 'Card 4111 1111 1111 1111.' >"$T/a"; printf 'No data here.' >"$T/b"
run guard "$T/a" "$T/b"; is_rc 0; out_has '<CREDIT_CARD>'; out_has 'No data here.'
feed 'jo@example.org'; run guard --action mask; is_rc 0; out_lacks 'jo@example'; out_has '*'
feed 'jo@example.org'; run guard --action EMAIL_ADDRESS=remove; is_rc 0; out_empty
feed 'jo@example.org'; run guard --action EMAIL_ADDRESS=allow; is_rc 0; out_is 'jo@example.org'
feed 'jo@example.org'; run guard --action=EMAIL_ADDRESS=hash; is_rc 0; out_has '<EMAIL_ADDRESS:'
feed 'jo@example.org'; run guard --action NO_SUCH_TYPE=mask; is_rc 2; err_sentence; err_has 'NO_SUCH_TYPE'
feed 'jo@example.org'; run guard --types CREDIT_CARD; is_rc 0; out_is 'jo@example.org'
feed 'jo@example.org'; run guard --types NO_SUCH_TYPE; is_rc 2; err_sentence; out_empty
feed 'Write to jo@example.org.'; run guard --action block; is_rc 1; out_lacks 'example.org'; err_has 'blocked'
feed 'jo@example.org'; run guard --action review; is_rc 0; out_is 'jo@example.org'; err_has 'a person should look'
feed 'jo@example.org'; run guard --report; is_rc 0; err_has 'EMAIL_ADDRESS'; err_has 'bytes 0-14'
! grep -q 'jo@' "$T/err" || wrong 'a report must not repeat what it found'
feed 'jo@example.org'; run guard --json; is_rc 0; out_has '"file":"-"'; out_has '"action":"redact"'; out_has '"text":"<EMAIL_ADDRESS>"'
feed 'jo@example.org'; run guard --action pseudonym; is_rc 2; err_sentence; out_empty
run guard --list; is_rc 0; out_has 'EMAIL_ADDRESS'; out_has 'CN_RESIDENT_ID'
printf 'blue falcon\n\nx-ray\r\n' >"$T/words"
feed 'Project Blue Falcon and the X-ray.'; run guard --words "$T/words" --action BLOCKED=replace; is_rc 0
out_is 'Project <BLOCKED> and the <BLOCKED>.'
printf '\377\376 bytes jo@example.org \303' >"$T/in"; run guard; is_rc 0
printf '\377\376 bytes <EMAIL_ADDRESS> \303' | cmp -s - "$T/out" || wrong 'broken bytes pass through'

# text leaves as soon as it may, and an answer before the next question: both are seen while the input is still open
talk() { # LINE EXPECTED ARG...
    line=$1; expected=$2; shift 2
    ran="sextant $* with its input held open"
    rm -f "$T/fifo"; mkfifo "$T/fifo"; : >"$T/out"; : >"$T/err"
    "$S" "$@" <"$T/fifo" >"$T/out" 2>"$T/err" &
    pid=$!
    exec 9>"$T/fifo"
    printf '%s\n' "$line" >&9
    for i in 1 2 3 4 5 6 7 8 9 10; do grep -qF "$expected" "$T/out" && break; sleep 0.5; done
    out_has "$expected"
    exec 9>&-
    wait $pid && rc=0 || rc=$?
    is_rc 0
}
talk "$(printf 'Nothing to find in this line.\n\nNor in the next.\n')" 'Nothing to find' guard
talk '{"id":1,"text":"jo@example.org"}' '{"id":1,"action":"redact"' guard --jsonl

# a policy file, and options over it
echo '{"default":"mask","actions":{"EMAIL_ADDRESS":"replace","BLOCKED":"mask"},"words":["falcon"],"min_score":0}' >"$T/policy.json"
feed 'jo@example.org falcon'; run guard --policy "$T/policy.json"; is_rc 0; out_has '<EMAIL_ADDRESS>'; out_lacks 'falcon'
feed 'jo@example.org'; run guard --policy "$T/policy.json" --action EMAIL_ADDRESS=remove; is_rc 0; out_empty
echo '{"default":"shred"}' >"$T/bad.json"; run guard --policy "$T/bad.json"; is_rc 2; err_sentence; err_has 'shred'
echo '{' >"$T/bad.json"; run guard --policy "$T/bad.json"; is_rc 2; err_sentence; err_has 'bad.json'

# presets, directions, word files beside the policy, and the command that proves policies
feed 'Card 4111111111111111 CVV: 123'; run guard --preset pci; is_rc 0; out_is 'Card 411111******1111 '
run guard --preset none; is_rc 2; err_sentence; err_has 'there are gdpr'
run guard --preset pci --policy "$T/policy.json"; is_rc 2; err_has 'give one'
echo '{"rules":[{"types":"EMAIL_ADDRESS","directions":"output","action":"remove"}],"word_files":["words"]}' >"$T/policy.json"
feed 'jo@example.org x-ray'; run guard --policy "$T/policy.json" --direction output --action BLOCKED=mask; is_rc 0; out_is ' *****'
feed 'jo@example.org'; run guard --policy "$T/policy.json"; is_rc 0; out_is '<EMAIL_ADDRESS>'
run guard --direction up; is_rc 2; err_sentence
run policy list; is_rc 0; out_has 'hipaa-safe-harbor'
run policy show pipl; is_rc 0; out_has 'CN_RESIDENT_ID'
cp "$T/out" "$T/pipl.json"; run policy check "$T/pipl.json" "$T/policy.json"; is_rc 0; out_has 'pipl.json: good'
printf '{\n  "rules": [{"types": "URL", "action": "eat"}]\n}' >"$T/bad.json"
run policy check "$T/bad.json" "$T/pipl.json"; is_rc 1; err_sentence; err_has 'line 2, column 40, at /rules/0/action'; out_has 'pipl.json: good'
run policy show none; is_rc 2; err_sentence
run policy; is_rc 2; err_sentence

# line by line
feed '{"id":1,"text":"Mail jo@example.org, card 4111 1111 1111 1111."}
{"id":2,"text":"Mail jo@example.org, card 4111 1111 1111 1111.","types":["CREDIT_CARD"]}
{"id":3,"text":"plain"}
{"id":4,"text":"x","types":["NO_SUCH_TYPE"]}
{"id":5,"text":"a falcon","types":["BLOCKED"],"words":["falcon"]}
{"id":6,"text":"a falcon","words":["falcon"]}
{"id":7,"text":"a falcon and an eagle","words":["eagle"]}
{"id":8,"text":"a falcon"}
{"id":9,"text":"联系电话13800138000，谢谢。","min_score":0.0}'
run guard --jsonl; is_rc 1; out_lines 9; err_empty
line_has 1 '{"id":1,"action":"redact","findings":[{"type":"EMAIL_ADDRESS","start":5,"end":19,"score":'
line_has 1 '"text":"Mail <EMAIL_ADDRESS>, card <CREDIT_CARD>."'
line_has 2 '"text":"Mail jo@example.org, card <CREDIT_CARD>."'
line_has 3 '{"id":3,"action":"allow","findings":[],"text":"plain"}'
line_has 4 '{"id":4,"error":{"code":"LLM_E_NOT_FOUND"'
line_has 5 '"type":"BLOCKED","start":2,"end":8'; line_has 6 '"type":"BLOCKED"'
line_has 7 '"type":"BLOCKED","start":16,"end":21'; line_has 8 '"text":"a falcon"'
line_has 9 '"start":12,"end":23'

# in pieces, cut inside a code point and inside a finding: the same text; released counts its bytes
feed '{"id":1,"text":"é jo@example.org!","pieces":[1,1,2,5,8]}
{"id":2,"text":"é jo@example.org!","pieces":[4]}
{"id":3,"text":"abc","pieces":[2,2]}
{"id":4,"text":"abc","pieces":"all"}
{"id":5,"text":"","pieces":[]}'
run guard --jsonl; is_rc 1; out_lines 5
line_has 1 '"text":"é <EMAIL_ADDRESS>!"'; line_has 1 '"start":3,"end":17'; line_has 1 '"released":['
line_has 2 '"text":"é <EMAIL_ADDRESS>!"'
line_has 3 '"error":{"code":"LLM_E_INVALID"'; line_has 4 '"error":{"code":"LLM_E_INVALID"'
line_has 5 '"text":"","released":[]'
[ "$(sed -n 1p "$T/out" | sed 's/.*"released":\[\([^]]*\)\].*/\1/' | tr , '\n' | wc -l)" = 5 ] || wrong 'one count per piece'

# a vault: pseudonyms that only its key turns back
head -c 32 /dev/urandom >"$T/key"; printf 'correct horse\n' >"$T/pass"; printf 'short' >"$T/short"
text='Ask jo@example.org or ann@example.org; jo@example.org answers. See https://example.org/x.'
feed "$text"; run guard --vault "$T/v" --key-file "$T/key"; is_rc 0; err_empty
out_lacks 'jo@example'; out_has '<EMAIL_ADDRESS_1>'; out_has 'https://example.org/x'
cp "$T/out" "$T/safe"
! grep -aq 'jo@example' "$T/v" || wrong 'the vault holds plain text'
cp "$T/safe" "$T/in"; run restore --vault "$T/v" --key-file "$T/key"; is_rc 0; out_is "$text"
run restore --vault "$T/v" --key-file "$T/key" "$T/safe"; is_rc 0; out_is "$text"
head -c 32 /dev/urandom >"$T/other"
cp "$T/safe" "$T/in"; run restore --vault "$T/v" --key-file "$T/other"; is_rc 2; err_sentence; out_empty
run restore --vault "$T/v" --key-file "$T/short"; is_rc 2; err_sentence; err_has 'is not a key'
run restore --vault "$T/none" --key-file "$T/key"; is_rc 2; err_sentence
od -An -tx1 -v "$T/key" | tr -d ' \n' >"$T/hex"
run restore --vault "$T/v" --key-file "$T/hex" "$T/safe"; is_rc 0; out_is "$text"
feed "$text"; run guard --vault "$T/w" --passphrase-file "$T/pass"; is_rc 0; cp "$T/out" "$T/safe"
run restore --vault "$T/w" --passphrase-file "$T/pass" "$T/safe"; is_rc 0; out_is "$text"
printf 'wrong\n' >"$T/pass"; run restore --vault "$T/w" --passphrase-file "$T/pass" "$T/safe"; is_rc 2; err_sentence
feed '{"id":1,"text":"jo@example.org"}'; run guard --jsonl --vault "$T/v" --key-file "$T/key"; is_rc 0; out_has '<EMAIL_ADDRESS_1>'
finish

# what a model made of a placeholder, and a value forgotten
feed 'Mail jo@example.org.'; run guard --vault "$T/fv" --key-file "$T/key"; is_rc 0; out_is 'Mail <EMAIL_ADDRESS_1>.'
feed 'Mail [email address 1].'; run restore --vault "$T/fv" --key-file "$T/key"; is_rc 0; out_is 'Mail [email address 1].'
feed 'Mail [email address 1].'; run restore --vault "$T/fv" --key-file "$T/key" --match fuzzy; is_rc 0; out_is 'Mail jo@example.org.'
run restore --vault "$T/fv" --key-file "$T/key" --match vague; is_rc 2; err_sentence
feed 'JO@example.org
nobody@example.org
'; run forget --vault "$T/fv" --key-file "$T/key"; is_rc 0; out_has '1 entry was forgotten'
feed 'Mail <EMAIL_ADDRESS_1>.'; run restore --vault "$T/fv" --key-file "$T/key"; is_rc 0; out_is 'Mail <EMAIL_ADDRESS_1>.'
feed 'Mail jo@example.org.'; run guard --vault "$T/fv" --key-file "$T/key"; is_rc 0; out_is 'Mail <EMAIL_ADDRESS_2>.'

# compiled words are kept, and taken from there
mkdir "$T/kept"; printf 'bluebird\n' >"$T/list"
for _ in 1 2; do feed 'the bluebird'; run guard --words "$T/list" --action BLOCKED=mask --cache "$T/kept"; is_rc 0; out_is 'the ********'; done
[ -n "$(ls "$T/kept")" ] || wrong 'nothing was kept'
feed 'the bluebird'; run guard --cache "$T/list"; is_rc 2; err_sentence; err_has 'is not a folder'

# an audit log: begun, written, proved, exported, shown; what was done to it is named
head -c 32 /dev/urandom >"$T/akey"
run audit init "$T/log" --key-file "$T/akey"; is_rc 0; first=$(cat "$T/out"); out_has '0-'
run audit init "$T/log" --key-file "$T/akey"; is_rc 2; err_sentence; err_has 'exists already'
feed 'Write to jo@example.org.'; run guard --audit "$T/log" --audit-key-file "$T/akey" --tag '<b>a&b</b>'; is_rc 0; out_is 'Write to <EMAIL_ADDRESS>.'
feed 'Write to jo@example.org.'; run guard --audit "$T/log"; is_rc 2; err_has 'needs its key'; out_empty
feed 'Write to jo@example.org.'; run guard --audit "$T/log" --audit-key-file "$T/key"; is_rc 2; err_has 'is not that of the audit log'; out_empty
run audit verify "$T/log"; is_rc 0; out_has 'is unbroken: 3 records, 1 verdicts'; out_has 'without --head'
run audit verify "$T/log" --head "$first" --json; is_rc 0; out_has '"verified":true'
run audit export "$T/log"; is_rc 0; out_lines 4; out_has '"type":"EMAIL_ADDRESS"'; out_lacks 'jo@example'
run audit head "$T/log" --key-file "$T/akey"; is_rc 0; last=$(cat "$T/out"); run audit verify "$T/log" --head "$last"; is_rc 0
run audit report "$T/log" -o "$T/r.html"; is_rc 0
grep -q 'The log is unbroken' "$T/r.html" && grep -q '&lt;b&gt;a&amp;b&lt;/b&gt;' "$T/r.html" || wrong 'the report'
! grep -qE '<script|<b>a&b|https?:|src=|jo@example' "$T/r.html" || wrong 'a report loads nothing and shows no data'
size=$(($(wc -c <"$T/log") - 30)); head -c "$size" "$T/log" >"$T/torn"
run audit verify "$T/torn"; is_rc 1; err_sentence; err_has 'record 3 is torn'; out_empty
run audit report "$T/torn"; is_rc 1; out_has 'The log is broken'
run audit verify "$T/torn" --head "$last"; is_rc 1
run audit verify "$T/none"; is_rc 2; err_sentence
run audit shred "$T/log"; is_rc 2; err_has 'there is no'
