#!/bin/sh
# Files of fingerprints as a C source with their bytes: embed.sh FILE... > SOURCE
set -eu
echo '#include "identify/fingerprint_internal.h"'
n=0
for file; do
	echo "static const uint8_t file_$n[] = {"
	od -An -v -tu1 "$file" | sed 's/[0-9][0-9]*/&,/g'
	echo '};'
	n=$((n + 1))
done
echo 'const struct fingerprint_built_in fingerprint_built_in[] = {'
n=0
for file; do
	echo "{ \"$(basename "$file")\", file_$n, sizeof(file_$n) },"
	n=$((n + 1))
done
echo '};'
echo 'const size_t n_fingerprint_built_in = sizeof(fingerprint_built_in) / sizeof(fingerprint_built_in[0]);'
