#!/bin/sh
# demo.sh: builds Sextant and shows what it does, on documents that every Debian machine has. From a fresh clone:
#
#     sh examples/demo.sh
#
# It installs what is missing from Debian packages (root or sudo; elsewhere it prints the list and stops), builds into
# build/, and leaves nothing else behind. `demo.sh --installed` shows the same with the sextant that is installed.
set -eu
cd "$(dirname "$0")/.."
licenses=/usr/share/common-licenses
began=$(date +%s)
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 130' INT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m'); blue=$(printf '\033[34m'); plain=$(printf '\033[0m')
else
    bold=; blue=; plain=
fi

title() { printf '\n%s== %s%s\n\n' "$bold" "$1" "$plain"; }
say() { printf '%s\n' "$*"; }

# Shows a command as one would type it, then runs it.
show() {
    printf '%s$ %s%s\n' "$blue" "$1" "$plain"
    shift
    "$@"
    printf '\n'
}

tool=build/sextant
[ "${1:-}" != --installed ] || tool=$(command -v sextant)
sextant() { "$tool" "$@"; }

# quietly WHAT COMMAND...: the log is shown only when the command fails.
quietly() {
    what=$1
    shift
    printf '%s ... ' "$what"
    start=$(date +%s)
    if "$@" >"$here/log" 2>&1; then
        say "done ($(($(date +%s) - start)) s)"
    else
        say 'failed. The last lines of its log:'
        tail -n 30 "$here/log"
        exit 1
    fi
}

if [ "$tool" = build/sextant ]; then
    title 'Building'
    sh tests/install-deps.sh build test
    generator=
    [ -f build/CMakeCache.txt ] || ! command -v ninja >/dev/null 2>&1 || generator='-G Ninja'
    quietly 'Configuring' cmake -S . -B build $generator
    quietly 'Compiling' cmake --build build --target sextant_cli --parallel
fi
sextant version

title 'Questions to the licence texts of this machine'
say 'No model, no index, no network: the sentences that support the answer best, with the section they stand in.'
say ''
for name in GPL-3 Apache-2.0 MPL-2.0; do
    [ -f "$licenses/$name" ] || { say "This machine has no $licenses/$name; Debian's base-files package brings it."; exit 1; }
done
ask() { # FILE QUESTION
    show "sextant ask $licenses/$1 \"$2\"" sextant ask "$licenses/$1" "$2"
}
ask GPL-3 'How many days after the notice does one have to cure a violation?'
ask Apache-2.0 'When do the patent licenses terminate?'
ask MPL-2.0 'What happens to my rights if I fail to comply with the terms?'

say "Three documents at once: the answer says which one it comes from."
say ''
show "sextant ask $licenses/{GPL-3,Apache-2.0,MPL-2.0} \"Who may use the trade names and trademarks of the Licensor?\"" \
    sextant ask "$licenses/GPL-3" "$licenses/Apache-2.0" "$licenses/MPL-2.0" \
    'Who may use the trade names and trademarks of the Licensor?'

say 'And what is not in a document is not answered:'
say ''
ask GPL-3 'What is the boiling point of tungsten?'

title 'Every citation can be checked'
question='How many days after the notice does one have to cure a violation?'
sextant ask --json "$licenses/GPL-3" "$question" >"$here/answer.json"
start=$(sed -n 's/.*"citations":\[{[^}]*"start":\([0-9]*\).*/\1/p' "$here/answer.json")
end=$(sed -n 's/.*"citations":\[{[^}]*"end":\([0-9]*\).*/\1/p' "$here/answer.json")
say "With --json a citation carries its byte offsets: $start to $end for the first answer above. The same bytes, cut from"
say 'the file by other tools:'
say ''
show "tail -c +$((start + 1)) $licenses/GPL-3 | head -c $((end - start))" \
    sh -c "tail -c +$((start + 1)) $licenses/GPL-3 2>/dev/null | head -c $((end - start))"

title 'Chinese'
cat >"$here/contract.txt" <<'END'
房屋租赁合同

第一条 租金
每月租金为人民币三千元，承租人应当在每月五日之前支付。

第二条 押金
押金为两个月租金。合同期满并且房屋验收合格后，出租人应当在十五日内退还押金。

第三条 维修
房屋主体结构由出租人负责维修，承租人造成的损坏由承租人负责。

第四条 转租
未经出租人书面同意，承租人不得将房屋转租给第三人。
END
show 'sextant ask contract.txt "每月租金是多少？"' sextant ask "$here/contract.txt" '每月租金是多少？'
show 'sextant ask contract.txt "房屋主体结构由谁负责维修？"' sextant ask "$here/contract.txt" '房屋主体结构由谁负责维修？'

title 'Personal data stays here'
cat >"$here/letter.txt" <<'END'
Dear support, my card 4111 1111 1111 1111 was charged twice. Please call +49 30 901820 or write to
lena.hofmann@example.org. My IBAN is DE89 3704 0044 0532 0130 00. 我的手机是13800138000。
END
show 'cat letter.txt' cat "$here/letter.txt"
show 'sextant guard < letter.txt' sextant guard "$here/letter.txt"
say 'With a vault the data become pseudonyms, and only who holds the key can put the originals back:'
say ''
head -c 32 /dev/urandom >"$here/key"
chmod 600 "$here/key"
guard_with_vault() { sextant guard --vault "$here/vault" --key-file "$here/key" "$here/letter.txt" | tee "$here/safe.txt"; }
show 'sextant guard --vault vault --key-file key < letter.txt | tee safe.txt' guard_with_vault
show 'sextant restore --vault vault --key-file key < safe.txt' \
    sextant restore --vault "$here/vault" --key-file "$here/key" "$here/safe.txt"
sextant restore --vault "$here/vault" --key-file "$here/key" "$here/safe.txt" | cmp -s - "$here/letter.txt" ||
    { say 'The restored text differs from the letter; that is a fault of Sextant.'; exit 1; }

title 'Next'
say "All of this took $(($(date +%s) - began)) seconds. The command is $tool; \`$tool help\` lists what it does."
say ''
say "  Your own documents:   $tool ask notes.md report.txt \"What did we decide?\""
say "  Many documents:       $tool ingest -c my.sextant docs/*.md"
say "                        $tool ask -c my.sextant \"...\""
say '  With a model:         a GGUF file of a language model, for example of the llama or qwen family:'
say "                        $tool ask -m model.gguf notes.md \"...\""
say '                        The model writes the answer; it can cite only passages that were found.'
say '  From a program:       include/sextant.h opens with a whole example.'
