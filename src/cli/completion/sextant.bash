# Completion of the sextant command for bash: commands and options are asked of the command itself, so they are always its own.
_sextant() {
    local word=${COMP_WORDS[COMP_CWORD]} sextant=${COMP_WORDS[0]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="help $("$sextant" -h 2>/dev/null | sed -n 's/^    \([a-z]\{2,\}\)  .*/\1/p')"
    elif [[ $word == -* ]]; then
        words="$("$sextant" help "${COMP_WORDS[1]}" 2>/dev/null | grep -oE -- '(^ *|, )(--?[a-z][a-z-]*)' | tr -d ' ,') -h"
    fi
    # the words are the command's own: letters and dashes, safe to split
    # shellcheck disable=SC2207
    [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _sextant sextant
