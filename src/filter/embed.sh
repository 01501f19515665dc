#!/bin/sh
# The bytes of a file as the inside of a C array: embed.sh FILE > HEADER
set -eu
od -An -v -tu1 "$1" | sed 's/[0-9][0-9]*/&,/g'
