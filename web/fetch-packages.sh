#!/bin/sh
# Puts the packages of package-lock.json into a folder of the build: fetch-packages.sh FOLDER [test]
# Exactly those versions, nothing of theirs is run. Nothing to do when the folder has them already. "test": the tests' too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
wanted=$(cat "$here/package.json" "$here/package-lock.json" "$here/.npmrc" | sha256sum)${2:+ and for tests}
[ "$(cat fetched 2>/dev/null)" != "$wanted" ] || exit 0
rm -f fetched
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" .
omit=--omit=dev
[ "${2:-}" != test ] || omit=
# shellcheck disable=SC2086 # a word or none
npm ci $omit --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=60000 --no-update-notifier
echo "$wanted" >fetched
