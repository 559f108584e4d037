#!/bin/sh
# Makes itself known to the deployment, puts the browser part where its proxy looks, then becomes the drop-in, or the
# command that was given.
set -eu

/container-init.sh

mkdir -p /ui_files/matrix
cp -r /ui_build/. /ui_files/matrix/
# The proxy reads them as another user.
chmod -R a+rX /ui_files/matrix

if [ "$#" -eq 0 ]; then
  exec bellhop rmapi
fi
exec "$@"
