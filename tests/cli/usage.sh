# Options, help and errors of use: the same everywhere.
. "$(dirname "$0")/lib.sh"

commands='ask ingest remove list text tree retrieve check guard restore forget audit policy generate tokenize detokenize template logits dequantize quantize bench version'

run; is_rc 2; err_sentence; err_has 'say what to do'
run help; is_rc 0; err_empty
for c in $commands; do grep -q "^    $c " "$T/out" || wrong "the list of commands lacks $c"; done
run -h; is_rc 0; out_has 'ask'
run --help; is_rc 0
run --version; is_rc 0; out_has 'sextant 0.'
run version; is_rc 0; out_has 'sextant 0.'
run version more; is_rc 2; err_sentence

for c in $commands; do
    run "$c" -h; is_rc 0; err_empty; out_has "usage: sextant $c"
    run "$c" --help; is_rc 0; out_has "usage: sextant $c"
    run help "$c"; is_rc 0; out_has "usage: sextant $c"
    run "$c" --no-such-option; is_rc 2; out_empty; err_sentence; err_has '--no-such-option'
    run "$c" -Z; is_rc 2; out_empty; err_sentence; err_has '-Z'
done

run nonsense; is_rc 2; err_sentence; err_has 'nonsense'
run --nonsense; is_rc 2; err_sentence
run help nonsense; is_rc 2; err_sentence
run template; is_rc 2; err_sentence

run retrieve -c; is_rc 2; err_sentence; err_has '-c needs a value'
run retrieve -c x --top; is_rc 2; err_has '--top needs a value'
run retrieve -c x --top 0 q; is_rc 2; err_sentence; err_has '--top'
run retrieve -c x --top abc q; is_rc 2; err_has "not 'abc'"
run retrieve -c x --top -3 q; is_rc 2; err_sentence
run retrieve -c x --json=yes q; is_rc 2; err_has '--json takes no value'
run retrieve q; is_rc 2; err_has 'a corpus is needed'
run ask; is_rc 2; err_has 'a question is needed'
run ask 'What now?'; is_rc 2; err_has 'name a file'
run ask "$0"; is_rc 2; err_has 'the question is missing'
run ask "$0" "$0"; is_rc 2; err_has 'the question comes last'
run ask --min-confidence 2 "$0" q; is_rc 2; err_has '--min-confidence'
run generate --prompt x; is_rc 2; err_has 'a model is needed'
run logits -m x; is_rc 2; err_sentence
run logits -m x --tokens 1,b -o "$T/l"; is_rc 2; err_has "'b' is not a token id"
run logits -m x --tokens 1 -o "$T/l" --kv f64; is_rc 2; err_has 'f16, f32'
run bench -m x --isa neon; is_rc 2; err_has 'scalar, avx2, avx512'
run dequantize; is_rc 2; err_sentence
run quantize a b; is_rc 2; err_sentence
run quantize "$T/none.gguf" "$T/o.gguf" q8_0; is_rc 2; err_sentence; err_has 'none.gguf'
run guard --action EMAIL_ADDRESS=eat; is_rc 2; err_has 'no action'
run guard --key-file "$0"; is_rc 2; err_has 'a key needs its vault'
run restore; is_rc 2; err_has 'a vault is needed'

# a missing file is told with its name, for every kind of file
run ask "$T/none.txt" 'Anything?'; is_rc 2; err_sentence; err_has 'none.txt'
run generate -m "$T/none.gguf" -p x; is_rc 2; err_sentence; err_has 'none.gguf'
run list -c "$T/none.sextant"; is_rc 2; err_sentence; err_has 'none.sextant'
[ ! -e "$T/none.sextant" ] || wrong 'reading must not create a corpus'
run guard "$T/none.txt"; is_rc 2; err_sentence; err_has 'none.txt'

# a full disk is an error, not silence
ran='sextant help > /dev/full'
"$S" help >/dev/full 2>"$T/err" && rc=0 || rc=$?
is_rc 2; err_sentence; err_has 'standard output could not be written'
ran='echo | sextant guard > /dev/full'
echo text | "$S" guard >/dev/full 2>"$T/err" && rc=0 || rc=$?
is_rc 2; err_has 'standard output could not be written'
finish
