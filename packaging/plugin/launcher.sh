#!/bin/sh
# kubectl smlogs @VERSION@ for @SYSTEM@ in one file: this script, and behind it the program as a compressed archive.
#
# The first start unpacks the program into a folder of the user's cache; every later one only runs it there:
#   $KUBECTL_SMLOGS_CACHE/kubectl-smlogs, else $XDG_CACHE_HOME/kubectl-smlogs, else $HOME/.cache/kubectl-smlogs,
#   and if neither is set or usable, a private folder in ${TMPDIR:-/tmp} (not if KUBECTL_SMLOGS_CACHE is set).
# A folder is used only if it is the user's own and nobody else can write to it. Versions that have not been started
# for 30 days are removed when a new one is unpacked. The folder may be deleted at any time.

ks_id=@ID@
ks_skip=@SKIP@
ks_machine='@MACHINE@'
ks_newline='
'

ks_main() {
    ks_problems=
    ks_self=$0
    if [ -n "${KUBECTL_SMLOGS_CACHE-}" ]; then
        ks_absolute "$KUBECTL_SMLOGS_CACHE"
        ks_open=yes ks_cache=$ks_path/kubectl-smlogs
        ks_run "$@"
        ks_install "$@"
    else
        # "All paths must be absolute" (XDG Base Directory Specification); others are ignored.
        case ${XDG_CACHE_HOME-} in
        /*) ks_absolute "$XDG_CACHE_HOME" ;;
        *) ks_path=${HOME:+"$HOME/.cache"} ;;
        esac
        ks_own=${ks_path:+"$ks_path/kubectl-smlogs"}
        ks_open='' ks_cache=$ks_own
        [ -z "$ks_own" ] || ks_run "$@"
        ks_path=/tmp
        [ ! -d "${TMPDIR-}" ] || ks_absolute "$TMPDIR"
        ks_open=yes ks_cache=$ks_path/kubectl-smlogs-$(id -u)
        ks_run "$@"
        ks_spare=$ks_cache
        ks_open='' ks_cache=$ks_own
        [ -z "$ks_own" ] || ks_install "$@"
        ks_open=yes ks_cache=$ks_spare
        ks_install "$@"
    fi
    ks_end "$ks_problems. Set KUBECTL_SMLOGS_CACHE to a folder of your own with @SPACE@ MB of free space, from which \
programs may be run."
}

ks_end() {
    printf 'Error: kubectl-smlogs cannot unpack itself: %s\n' "$1" >&2
    exit 1
}

# Set ks_path to the absolute form of path $1.
ks_absolute() {
    case $1 in
    /*) ks_path=${1%/} ;;
    *) ks_path=${PWD%/}/${1%/} ;;
    esac
}

# Run the program of the cache folder, unless it isn't there or could be somebody else's. A usual start does only this:
# no processes here.
ks_run() {
    ks_usable || return 0
    true 2>/dev/null >"$ks_cache/$ks_id/.used"
    [ ! -e "$ks_cache/$ks_id/.libraries" ] || ks_lend "$ks_cache/$ks_id"
    exec "$ks_cache/$ks_id/kubectl-smlogs" "$@"
}

# Let the program of folder $1 find its own libraries from its first moment on; it takes them out of its environment.
ks_lend() {
    LD_LIBRARY_PATH=$1/_internal${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    KUBECTL_SMLOGS_LENT=yes
    export LD_LIBRARY_PATH KUBECTL_SMLOGS_LENT
}

ks_usable() {
    [ -x "$ks_cache/$ks_id/kubectl-smlogs" ] && [ -O "$ks_cache/$ks_id/kubectl-smlogs" ] &&
        [ -O "$ks_cache/$ks_id" ] && [ -O "$ks_cache" ] && { [ -z "$ks_open" ] || ! [ -h "$ks_cache" ]; }
}

# Unpack the program into the cache folder, and run it. Comes back if another folder may do.
ks_install() {
    [ -f "$ks_self" ] || ks_self=$(command -v -- "$ks_self")
    ks_problem=$(ks_unpack)
    [ $? -ne 2 ] || ks_end "$ks_problem"
    ks_run "$@"
    ks_problems=$ks_problems${ks_problems:+; }${ks_problem:-"$ks_cache was filled, but is empty"}
}

# Unpack the program into the cache folder, all or nothing, in a shell of its own. A failure prints its reason; status 1
# means that it is this folder's, 2 that no other folder would do.
ks_unpack() (
    umask 077
    export LC_ALL=C
    unset TAR_OPTIONS GZIP
    ks_prepare
    ks_number=0
    until mkdir -- "$ks_cache/.new-$$-$ks_number" 2>/dev/null; do
        # Taken, by a process of this number in another container or one that was killed; or there is no room.
        ks_number=$((ks_number + 1))
        [ "$ks_number" -lt 50 ] || ks_refuse "it cannot be written to"
    done
    ks_new=$ks_cache/.new-$$-$ks_number
    trap 'rm -rf -- "$ks_new"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    ks_output=$(ks_extract 2>&1) && [ -e "$ks_new/.used" ] || ks_explain
    ks_try
    ks_settle
)

ks_refuse() {
    printf '%s is not used: %s' "$ks_cache" "${1%%"$ks_newline"*}"
    exit 1
}

ks_give_up() {
    printf '%s' "$1"
    exit 2
}

# Make the cache folder if it is missing; may it be used?
ks_prepare() {
    ks_parent=${ks_cache%/*}
    ks_owned=$ks_parent
    until [ -z "$ks_owned" ] || [ -e "$ks_owned" ]; do ks_owned=${ks_owned%/*}; done
    # HOME may be another user's, with sudo for instance: leave nothing there that this user cannot remove.
    [ -n "$ks_open" ] || [ -O "${ks_owned:-/}" ] || ks_refuse "${ks_owned:-/} belongs to another user"
    mkdir -p -- "${ks_parent:-/}" 2>/dev/null || ks_refuse "${ks_parent:-/} cannot be made"
    [ -z "$ks_open" ] || ! [ -h "$ks_cache" ] || ks_refuse "it is a link"
    mkdir -- "$ks_cache" 2>/dev/null || [ -d "$ks_cache" ] || ks_refuse "it cannot be made"
    [ -O "$ks_cache" ] || ks_refuse "it belongs to another user"
    ks_mode=$(ls -ldn -- "$ks_cache/.")
    case $ks_mode in
    d????-??-*) ;;
    *) ks_refuse "other users can write to it" ;;
    esac
    # Who can write to the parent can put another folder in place of this one, except where the sticky bit is set.
    ks_mode=$(ls -ldn -- "${ks_parent:-/}/.")
    case $ks_mode in
    d???????-* | d????????[tT]*) ;;
    *) ks_refuse "other users can write to ${ks_parent:-/}" ;;
    esac
}

# Unpack the archive behind this script into the new folder; leave the mark `.used` if all of it could be read.
ks_extract() {
    if command -v tar >/dev/null && command -v gzip >/dev/null; then
        { tail -c "+$ks_skip" -- "$ks_self" | gzip -dc 2>/dev/null && : >"$ks_new/.used"; } | tar -xomf - -C "$ks_new"
    elif command -v python3 >/dev/null; then
        python3 -I -c 'if True:
            import sys, tarfile
            source = open(sys.argv[1], "rb")
            source.seek(int(sys.argv[2]) - 1)
            tarfile.open(fileobj=source, mode="r|gz").extractall(sys.argv[3])
            open(sys.argv[3] + "/.used", "w").close()' "$ks_self" "$ks_skip" "$ks_new"
    else
        return 1
    fi
}

# Why could the cache folder not be filled?
ks_explain() {
    if ! command -v gzip >/dev/null || ! command -v tar >/dev/null; then
        command -v python3 >/dev/null || ks_give_up "install tar and gzip, which are needed at the first start."
    elif ! tail -c "+$ks_skip" -- "$ks_self" | gzip -t 2>/dev/null; then
        ks_give_up "$ks_self is damaged or not all there: download it again."
    fi
    case $ks_output in
    *"Wrote only"* | *"No space left"*) ks_refuse "there is not enough space" ;;
    *) ks_refuse "${ks_output:-"not all of the program could be written"}" ;;
    esac
}

# Does the program of the new folder run?
ks_try() {
    ks_output=$("$ks_new/kubectl-smlogs" version 2>&1 >/dev/null </dev/null) && return
    ks_status=$?
    [ $ks_status -ne 126 ] || [ "$(uname -sm)" != "$ks_machine" ] ||
        ks_refuse "no programs may be run from there, it may be mounted noexec"
    # The smallest systems lack a library that the program's first code is linked with (zlib), and that is in the folder.
    if [ $ks_status -eq 127 ] && (ks_lend "$ks_new" && "$ks_new/kubectl-smlogs" version) >/dev/null 2>&1 </dev/null; then
        : >"$ks_new/.libraries"
        return
    fi
    ks_give_up "the program is made for @SYSTEM@ and does not run on this system, $(uname -sm)\
${ks_output:+: "${ks_output%%"$ks_newline"*}"}. Install the Python package instead."
}

# Put the new folder into its place in the cache folder, and remove what is no longer used.
ks_settle() {
    # In place of a damaged one. Another process may put its folder there at any moment, which is never damaged.
    if [ -e "$ks_cache/$ks_id" ] && ! ks_usable; then
        mv -f -- "$ks_cache/$ks_id" "$ks_cache/.old-$$-$ks_number"
    fi
    mv -f -- "$ks_new" "$ks_cache/$ks_id"
    # If another process has been faster, that moved the new folder into its folder.
    rm -rf -- "$ks_cache/$ks_id/${ks_new##*/}" "$ks_cache/.old-$$-$ks_number"
    for ks_mark in "$ks_cache"/*/.used; do
        [ -z "$(find "$ks_mark" -prune -mtime +30 2>/dev/null)" ] || rm -rf -- "${ks_mark%/.used}"
    done
    # Left by first starts that were killed.
    for ks_left in "$ks_cache"/.new-* "$ks_cache"/.old-*; do
        [ -z "$(find "$ks_left" -prune -mtime +0 2>/dev/null)" ] || rm -rf -- "$ks_left"
    done
} >/dev/null 2>&1

ks_main "$@"
exit 1
