#!/usr/bin/env bash
# Captures that others made, beside the project and never in it: every sender of a SYN+ACK, exactly.
# Usage: check_shared.sh SEKIMORI. Skips (77) where the captures are not there.
set -u
sekimori=$1
shared=${SEKIMORI_SHARED:-$(dirname "$0")/../../../shared}/captures
if [ ! -d "$shared" ]; then
	echo "skipped: no captures at $shared"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

listed() { # STORE INCLUDE: "address port packets", sorted
	"$sekimori" list --store "$1" --include "$2" --format csv 2>/dev/null |
		awk -F, 'NR > 1 { print $1, $2, $7 }' | sort
}

fail() {
	echo "FAILED $*"
	failed=$((failed + 1))
}

for expected in "$shared"/*.expected; do
	file=${expected%.expected}
	name=$(basename "$file")
	store=$work/$name
	# A build without zlib must refuse it in words; one that has zlib gets no such leave.
	case $name,${SEKIMORI_FEATURES-gzip} in
	*.gz,*gzip*) ;;
	*.gz,*)
		"$sekimori" read --store "$store" --net 0.0.0.0/0 "$file" >/dev/null 2>"$work/err"
		grep -q 'lacks zlib' "$work/err" || fail "$name: refused without a word of zlib: $(cat "$work/err")"
		continue
		;;
	esac
	status=0
	"$sekimori" read --store "$store" --net 0.0.0.0/0 --net ::/0 --format csv "$file" >"$work/verdicts" 2>"$work/err" || status=$?
	case $name in
	*damaged*) [ $status = 2 ] || fail "$name: exit status $status, 2 expected" ;;
	*) [ $status = 0 ] || fail "$name: exit status $status: $(cat "$work/err")" ;;
	esac
	diff <(sort "$expected") <(listed "$store" all) >"$work/diff" || fail "$name: $(cat "$work/diff")"
	packets=$(awk -F'\t' -v n="$name" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $1 == n { print $c["packets"] }' "$shared/MANIFEST.tsv")
	counted=$(awk -F, 'NR > 1 { n += $2 } END { print n }' "$work/verdicts")
	[ "$counted" = "$packets" ] || fail "$name: the verdicts add up to $counted, the capture has $packets frames"
	if [ -f "$file.expected-open" ]; then
		diff <(sort "$file.expected-open") <(listed "$store" inside) >"$work/diff" ||
			fail "$name without FTP data: $(cat "$work/diff")"
	fi
done
captures=("$shared"/*.expected)
[ $failed = 0 ] && echo "${#captures[@]} captures agree"
exit $((failed > 0))
