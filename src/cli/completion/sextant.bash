# Completion of the sextant command for bash: commands and options are asked of the command itself, so they are always its own.
_sextant() {
    local word=${COMP_WORDS[COMP_CWORD]} sextant=${COMP_WORDS[0]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "help $("$sextant" -h 2>/dev/null | sed -n 's/^    \([a-z]\{2,\}\)  .*/\1/p')" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$sextant" help "${COMP_WORDS[1]}" 2>/dev/null | grep -oE -- '(^ *|, )(--?[a-z][a-z-]*)' | tr -d ' ,') -h" -- "$word")
    fi
}
complete -o bashdefault -o default -F _sextant sextant
