"""Completion scripts for the command `kubectl-smlogs` itself; for `kubectl smlogs` kubectl has its own.

Each script hands the words typed so far to `__complete` and shows what comes back; it knows nothing of commands or
flags, so it need not be renewed with the program. The scripts use nothing but the shell.
"""

from __future__ import annotations

from kubectl_smlogs.dispatch import COMPLETE

_BASH = r"""# bash completion for kubectl-smlogs
_kubectl_smlogs() {
    local typed=() rest=$COMP_LINE word place=-1 index

    # Bash takes words apart at = and :, which must not be; blanks on the line tell where words really end.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ $place -lt 0 || $rest == [[:space:]]* || -z $rest ]]; then
            place=$((place + 1))
            typed[place]=
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
        typed[place]+=$word
    done

    local found line directive=0 candidates=() abouts=()
    found=$("${typed[0]/#\~/$HOME}" @COMPLETE@ "${typed[@]:1}" 2>/dev/null) || return
    while IFS= read -r line; do
        case $line in
            :*) directive=${line#:} ;;
            ?*) candidates+=("${line%%$'\t'*}") abouts+=("${line#*$'\t'}") ;;
        esac
    done <<< "$found"
    ((directive & 1)) && return

    # What Readline completes is the last of its own words, and candidates are whole values.
    local value=${typed[place]} last=${COMP_WORDS[COMP_CWORD]} before=
    [[ $last == [=:] ]] && last=
    if [[ $value == -*=* ]]; then
        [[ $last == -*=* ]] && before=${last%%=*}=
        value=${value#*=}
    fi
    local strip=
    [[ -z $before ]] && strip=${value%"$last"}

    local plain=() shown=() width=0
    for index in "${!candidates[@]}"; do
        word=${candidates[index]}
        [[ $word == "$value"* ]] || continue
        word=$before${word#"$strip"}
        plain+=("$word")
        [[ ${abouts[index]} == "${candidates[index]}" ]] && abouts[index]=
        shown+=("${abouts[index]}")
        ((${#word} > width)) && width=${#word}
    done

    COMPREPLY=("${plain[@]}")
    # Descriptions are for lists that are shown; Readline inserts no more than what the words begin with in common.
    if ((${#plain[@]} > 1)) && [[ ${COMP_TYPE:-9} != 37 && ${COMP_TYPE:-9} != 42 ]]; then
        local room=$((${COLUMNS:-80} - width - 5)) padded
        for index in "${!plain[@]}"; do
            [[ -z ${shown[index]} || room -lt 12 ]] && continue
            [[ ${#shown[index]} -gt room ]] && shown[index]="${shown[index]:0:room-3}..."
            printf -v padded "%-${width}s" "${plain[index]}"
            COMPREPLY[index]="$padded  (${shown[index]})"
        done
    fi

    ((directive & 2)) && type compopt >/dev/null 2>&1 && compopt -o nospace
    if ((directive & 16)); then
        type compopt >/dev/null 2>&1 && compopt -o filenames
        while IFS= read -r line; do COMPREPLY+=("$before$line"); done < <(compgen -d -- "$value")
    elif ((!(directive & 4) && ${#COMPREPLY[@]} == 0)); then
        type compopt >/dev/null 2>&1 && compopt -o filenames
        while IFS= read -r line; do COMPREPLY+=("$before$line"); done < <(compgen -f -- "$value")
    fi
}
complete -F _kubectl_smlogs kubectl-smlogs
"""

_ZSH = r"""#compdef kubectl-smlogs
# zsh completion for kubectl-smlogs

_kubectl-smlogs() {
    emulate -L zsh
    setopt extended_glob
    local program=${(Q)words[1]} line directive
    local -a typed lines candidates options
    typed=("${(@Q)words[2,CURRENT]}")
    program=${program/#\~/$HOME}

    lines=("${(@f)$("$program" @COMPLETE@ "${typed[@]}" 2>/dev/null)}")
    directive=${lines[-1]#:}
    [[ $directive == <-> ]] || return 1
    ((directive & 1)) && return 1
    lines=("${(@)lines[1,-2]}")

    for line in "${lines[@]}"; do
        [[ -n $line ]] || continue
        local word=${line%%$'\t'*} about=
        [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
        candidates+=("${${word//\\/\\\\}//:/\\:}${about:+:$about}")
    done

    # Candidates are whole values; what stands before the value stays.
    [[ $typed[-1] == -*=* ]] && compset -P '*='
    ((directive & 2)) && options+=(-S '')

    if ((directive & 16)); then
        _files -/
    elif ((${#candidates})); then
        _describe -V -t candidates 'candidate' candidates "${options[@]}"
    elif ((!(directive & 4))); then
        _files
    else
        return 1
    fi
}

# Loaded as a function from fpath it runs at once; read by `source` it registers itself.
if [[ $funcstack[1] == _kubectl-smlogs ]]; then
    _kubectl-smlogs "$@"
else
    compdef _kubectl-smlogs kubectl-smlogs
fi
"""

_FISH = r"""# fish completion for kubectl-smlogs
function __kubectl_smlogs_complete
    set -l typed (commandline -opc)
    set -l last (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $typed[1])
    set -e typed[1]
    set -l lines ($program @COMPLETE@ $typed "$last" 2>/dev/null)
    test (count $lines) -gt 0; or return 1
    set -l directive (string replace ':' '' -- $lines[-1])
    string match -qr '^[0-9]+$' -- $directive; or return 1
    test (math "$directive % 2") -eq 1; and return 1
    set -e lines[-1]

    # Candidates are whole values; what stands before the value stays.
    set -l before ''
    set -l value "$last"
    if string match -qr '^-[^=]*=' -- "$last"
        set before (string replace -r '=.*$' '=' -- "$last")
        set value (string replace -r '^[^=]*=' '' -- "$last")
    end

    if test (math "floor($directive / 16) % 2") -eq 1
        for path in (__fish_complete_directories "$value" '')
            echo -- $before$path
        end
    else if test (count $lines) -gt 0
        for line in $lines
            echo -- $before$line
        end
    else if test (math "floor($directive / 4) % 2") -eq 0
        for path in (__fish_complete_path "$value" '')
            echo -- $before$path
        end
    end
end
complete -c kubectl-smlogs -e
complete -c kubectl-smlogs -k -f -a '(__kubectl_smlogs_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str, *, descriptions: bool) -> str:
    """The script for a shell.

    Args:
        shell: `bash`, `zsh` or `fish`.
        descriptions: candidates come with a word about each.
    """
    return _SCRIPTS[shell].replace("@COMPLETE@", COMPLETE[0] if descriptions else COMPLETE[1])
