#!/bin/sh
# The original's name of the command, as health checks and operators call it.
set -eu
case "${1-}" in
  --version) exec bellhop --version ;;
  *) exec bellhop rmapi "$@" ;;
esac
