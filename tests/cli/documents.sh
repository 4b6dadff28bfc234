# A corpus through the command: ingest, list, text, tree, remove, check.
. "$(dirname "$0")/lib.sh"
make_documents
C=$T/c.sextant

run ingest -c "$C" --jsonl "$T/lease.md" "$T/contract.txt"; is_rc 0; err_empty; out_lines 2
line_has 1 '"doc":"lease.md"'; line_has 2 '"doc":"contract.txt"'
line_has 1 "\"file\":\"$T/lease.md\""; line_has 1 '"nodes":'; line_has 1 '"ms":'
line_has 1 "\"bytes\":$(wc -c <"$T/lease.md")"

run list -c "$C"; is_rc 0; out_has 'lease.md'; out_has 'contract.txt'
run list -c "$C" --json; is_rc 0; out_lines 1; out_has '"doc":"contract.txt"'; out_has '"hash":"'

# the canonical text is the file, byte for byte; nodes are spans of it
run text -c "$C" lease.md; is_rc 0; cmp -s "$T/out" "$T/lease.md" || wrong 'text differs from the file'
run text -c "$C" contract.txt; is_rc 0; cmp -s "$T/out" "$T/contract.txt" || wrong 'text differs from the file'
run text -c "$C" --node 0 lease.md; is_rc 0; cmp -s "$T/out" "$T/lease.md" || wrong 'the root is the whole text'
run tree -c "$C" --json lease.md; is_rc 0; out_has '"id":"0","parent":null,"kind":"document"'
out_has '"title":"2. Deposit"'
cp "$T/out" "$T/tree"
node=$(sed -n 's/.*"id":"\([0-9.]*\)".*"title":"2. Deposit".*/\1/p' "$T/tree")
start=$(sed -n 's/.*"title":"2. Deposit","start":\([0-9]*\).*/\1/p' "$T/tree")
end=$(sed -n 's/.*"title":"2. Deposit","start":[0-9]*,"end":\([0-9]*\).*/\1/p' "$T/tree")
run text -c "$C" --node "$node" lease.md; is_rc 0
tail -c +$((start + 1)) "$T/lease.md" | head -c $((end - start)) | cmp -s - "$T/out" || wrong 'node text is not its span'
run text -c "$C" --node 0.99.99 lease.md; is_rc 2; err_sentence; err_has '0.99.99'
run tree -c "$C" lease.md; is_rc 0; out_has '2. Deposit'; out_has '  0.0'
run tree -c "$C" --depth 0 lease.md; is_rc 0; out_lines 1
run tree -c "$C" contract.txt; is_rc 0; out_has '第二条'
run text -c "$C" nothing.txt; is_rc 2; err_sentence; err_has 'nothing.txt'
run check -c "$C"; is_rc 0; out_is 'sound
'

# standard input under a name; the same name replaces; two files of one name are told apart
feed 'The password policy asks for twelve characters.'
run ingest -c "$C" --name policy.txt -; is_rc 0; out_has 'policy.txt'
feed 'Second version.'
run ingest -c "$C" --name policy.txt -q -; is_rc 0; out_empty
run text -c "$C" policy.txt; is_rc 0; out_is 'Second version.'
mkdir "$T/a" "$T/b"; echo one >"$T/a/same.txt"; echo two >"$T/b/same.txt"
run ingest -c "$C" "$T/a/same.txt" "$T/b/same.txt"; is_rc 1; err_sentence; err_has '--paths'
run text -c "$C" same.txt; out_is 'one
'
run ingest -c "$C" --paths "$T/a/same.txt" "$T/b/same.txt"; is_rc 0
run text -c "$C" "$T/b/same.txt"; out_is 'two
'

# one bad file does not stop the others; each failure is a line of its own
printf 'broken \377 bytes' >"$T/broken.txt"
run ingest -c "$C" --jsonl "$T/broken.txt" "$T/none.txt" "$T/lease.md"; is_rc 1; out_lines 3
line_has 1 '"error":{"code":"LLM_E_UTF8"'; line_has 2 '"error":{"code":"LLM_E_NOT_FOUND"'; line_has 3 '"doc":"lease.md"'
run ingest -c "$C" "$T/broken.txt"; is_rc 1; err_has 'sextant ingest: '
printf '%%PDF-1.4\n\377\376' >"$T/a.pdf"
run ingest -c "$C" "$T/a.pdf"; is_rc 1; err_sentence; err_has 'a.pdf'
: >"$T/empty.txt"
run ingest -c "$C" "$T/empty.txt"; is_rc 0
run text -c "$C" empty.txt; is_rc 0; out_empty

# a name that begins with a dash, after --
echo dashed >"$T/-x.txt"
run ingest -c "$C" -- "$T/-x.txt"; is_rc 0
run text -c "$C" -- -x.txt; is_rc 0; out_is 'dashed
'

run remove -c "$C" policy.txt nothing.txt -- -x.txt; is_rc 1; err_sentence; err_has 'nothing.txt'
run list -c "$C"; out_lacks 'policy.txt'; out_lacks '-x.txt'; out_has 'lease.md'
run check -c "$C"; is_rc 0

# a damaged corpus: each part is told, and what is made of documents is made anew
if command -v sqlite3 >/dev/null; then
    D=$T/damaged.sextant
    run ingest -c "$D" "$T/lease.md" "$T/contract.txt"; is_rc 0
    sqlite3 "$D" "INSERT INTO pending VALUES(999); DELETE FROM pending WHERE doc=1"
    run check -c "$D"; is_rc 1; out_lines 2; out_has 'table pending'; out_has 'does not know of document'; err_sentence; err_has '2 places are damaged'
    run check -c "$D" --json; is_rc 1; out_lines 1; out_has '"sound":false,"damage":["'; out_has '"message":"2 places'; err_empty
    run check -c "$D" --mend; is_rc 0; out_lines 3; out_has 'mended: table pending'; out_has 'mended: the index does not'; line_has 3 'sound'
    run check -c "$D" --mend --json; is_rc 0; out_is '{"sound":true,"damage":[],"mended":[]}
'
    sqlite3 "$D" "INSERT INTO pending VALUES(999); UPDATE section SET data='torn' WHERE doc=1 AND part=0"
    run check -c "$D" --mend; is_rc 1; out_lines 2; line_has 1 'mended: table pending'; line_has 2 'section 0 of document'; err_sentence; err_has '1 of 2 documents is lost'
fi

# what is no corpus is refused and stays as it is
cp "$T/lease.md" "$T/not.sextant"
run list -c "$T/not.sextant"; is_rc 2; err_sentence
run ingest -c "$T/not.sextant" "$T/lease.md"; [ $rc != 0 ] || wrong 'a text file is no corpus'
cmp -s "$T/lease.md" "$T/not.sextant" || wrong 'the file was changed'

# what is said about documents, who may see them, filters
L=$T/labels.sextant
run ingest -c "$L" --folder rent/2024 --meta year=2024 --meta lang=en "$T/lease.md"; is_rc 0
run ingest -c "$L" --label board --label chair "$T/contract.txt"; is_rc 0
run list -c "$L"; is_rc 0; out_has 'folder=rent/2024, year=2024, lang=en'; out_has 'label=board'
run list -c "$L" --json; out_has '"about":["folder=rent/2024","year=2024","lang=en"]'
run list -c "$L" --labels ''; is_rc 0; out_has 'lease.md'; out_lacks 'contract.txt'
run list -c "$L" --labels x,chair; is_rc 0; out_has 'contract.txt'
run text -c "$L" --labels x contract.txt; is_rc 2; err_has 'no document named contract.txt'
run retrieve -c "$L" --labels '' --json 'contract deposit'; is_rc 0; out_lacks 'contract.txt'
run retrieve -c "$L" --filter 'folder ^= rent and year >= 2024' --json 'deposit'; is_rc 0; out_has 'lease.md'
run retrieve -c "$L" --filter 'year < 2024' --json 'deposit'; is_rc 0; out_has '"evidence":[]'
run retrieve -c "$L" --filter 'year <' deposit; is_rc 2; err_sentence; err_has 'byte 6'
feed '{"id":1,"question":"deposit","filter":"label = board"}'
run retrieve -c "$L" --jsonl; is_rc 0; out_lacks 'lease.md'
run describe -c "$L" --label '' contract.txt; is_rc 0
run list -c "$L" --labels ''; out_has 'contract.txt'
run describe -c "$L" --node "$node" --label board lease.md; is_rc 0
run text -c "$L" --labels '' lease.md; is_rc 0; out_lacks '2. Deposit'
run text -c "$L" --labels board lease.md; is_rc 0; out_has '2. Deposit'
run describe -c "$L" lease.md; is_rc 2; err_sentence
run describe -c "$L" --meta nonsense lease.md; is_rc 2; err_has 'key=value'
run describe -c "$L" --label x nothing.txt; is_rc 2; err_has 'nothing.txt'

# edits in place; PageIndex trees out and in
feed 'Two'
run edit -c "$L" --bytes 0-0 lease.md; is_rc 0; run text -c "$L" lease.md; out_has 'Two'
feed 'x'
run edit -c "$L" --bytes 5-4 lease.md; is_rc 2; err_sentence
feed 'x'
run edit -c "$L" --bytes 0-1 --hash 00 lease.md; is_rc 2; err_has 'look again'
feed 'x'
run edit -c "$L" --node 0.99 lease.md; is_rc 2; err_has '0.99'
run edit -c "$L" lease.md; is_rc 2; err_has '--node'
run edit -c "$L" --bytes one lease.md; is_rc 2; err_has 'BEGIN-END'
run tree -c "$L" --pageindex contract.txt; is_rc 0; out_has '"structure":[{"title":'; cp "$T/out" "$T/tree.json"
run ingest -c "$L" --jsonl "$T/tree.json"; is_rc 0
run tree -c "$L" tree.json; is_rc 0; out_has '第二条'
printf '{"structure":[{"text":1}]}' >"$T/wrong.json"
run ingest -c "$L" --format pageindex "$T/wrong.json"; is_rc 1; err_has 'line 1'

finish
