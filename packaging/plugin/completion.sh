#!/bin/sh
# kubectl runs this file, found on PATH, to complete the words of `kubectl smlogs`.
case $0 in
*/*) [ ! -x "${0%/*}/kubectl-smlogs" ] || exec "${0%/*}/kubectl-smlogs" __complete "$@" ;;
esac
exec kubectl-smlogs __complete "$@"
