#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check.sh - Run all tests and print a line with the counts.
#
#	pcap-tests/check.sh BUILD PROGRAM...
#
# The programs are the unit tests and live tests of the Makefile; each prints
# TAP. The replay cases and the policies in rules/examples are added. A live
# test that fails beside others is run once more, alone: that result counts, and
# what failed first is listed.
# CHECK_SECONDS limits the run time of each (default: 200, times LAB_SLOW),
# CHECK_JOBS is how many run at a time (default: one per processor).
# CHECK_PROGRAMS=only leaves out the cases and the examples.
# CHECK_RESULTS, if set, is a file to which the counts are appended.
set -u
cd "$(dirname "$0")/.." || exit 2
[ $# -ge 1 ] || { echo "usage: check.sh BUILD PROGRAM..." >&2; exit 2; }

build=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-check.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
export BUILD=$build
# A loaded machine must not fail tests by Check's time-out of 4 seconds.
export CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-10}
jobs=${CHECK_JOBS:-$(nproc)}
started=0 printed=0 passed=0 failed=0 skipped=0
again=()
: >"$work/skipped"
: >"$work/failed"
: >"$work/first"

# Each example must be accepted and its `expect` lines must hold.
examples()
{
	local policy count=0 output
	for policy in rules/examples/*.policy; do
		count=$((count + 1))
		if output=$("$build/waymark" check "$policy" 2>&1); then
			echo "ok $count - $policy"
		else
			echo "not ok $count - $policy"
			sed 's/^/# /' <<<"$output"
		fi
	done
	echo "1..$count"
}

cases()
{
	"$build/waymark" test pcap-tests/cases
}

# tally NAME STATUS DIR: count the results in DIR/tap. A program that aborted or
# did not run the tests of its plan counts as one more failure.
tally()
{
	# shellcheck disable=SC2016 # perl's variables
	perl -MTAP::Parser -e '
	my ($name, $status, $dir) = @ARGV;
	open my $tap, "<", "$dir/tap" or die;
	open my $skipped, ">>", "$dir/skipped" or die;
	open my $failed, ">>", "$dir/failed" or die;
	my $parser = TAP::Parser->new({ tap => join "", <$tap> });
	my ($passes, $fails, $skips) = (0, 0, 0);
	while (my $result = $parser->next) {
		next unless $result->is_test;
		if ($result->has_skip) {
			$skips++;
			print $skipped "$name: ", $result->as_string, "\n";
		} elsif ($result->is_ok) {
			$passes++;
		} else {
			$fails++;
			print $failed "$name: ", $result->as_string, "\n";
		}
	}
	if (defined $parser->skip_all) {
		$skips++;
		print $skipped "$name: ", $parser->skip_all, "\n";
	}
	my @wrong = $parser->parse_errors;
	push @wrong, "exit status $status" if $status && !$fails;
	if (@wrong) {
		$fails++;
		print $failed "$name: @wrong\n";
	}
	print "$passes $fails $skips\n";
	' "$1" "$2" "$3"
}

# run NUMBER NAME COMMAND...: leaves what is to be printed in NUMBER/report
run()
{
	local dir=$work/$1 name=$2 status p f s began=$SECONDS
	shift 2
	mkdir "$dir"
	"$@" >"$dir/tap" 2>"$dir/stderr" &
	echo $! >"$dir/pid"
	wait $!
	status=$?
	# A program without any TAP has failed, whatever its exit status.
	[ -s "$dir/tap" ] || echo "1..1
not ok 1 - it printed no TAP; exit status $status" >"$dir/tap"
	read -r p f s < <(tally "$name" $status "$dir")
	echo "$p $f $s" >"$dir/counts"
	{
		printf '%-34s %4d passed' "$name" "$p"
		[ "$f" = 0 ] || printf ', %d failed' "$f"
		[ "$s" = 0 ] || printf ', %d skipped' "$s"
		[ $((SECONDS - began)) -lt 5 ] ||
			printf ' (%d s)' $((SECONDS - began))
		echo
		[ "$f" = 0 ] || {
			sed 's/^/    /' "$dir/tap"
			tail -n 60 "$dir/stderr" | sed 's/^/    /'
		}
	} >"$dir/report.new"
	mv "$dir/report.new" "$dir/report"
}

# Print the reports that are there, in the order of the programs, and add up
# their counts. A live test that failed at the first attempt does not count yet.
print_reports()
{
	local dir p f s
	while dir=$work/$((printed + 1)) && [ -e "$dir/report" ]; do
		printed=$((printed + 1))
		cat "$dir/report"
		read -r p f s <"$dir/counts"
		if [ "$f" != 0 ] && [ -e "$dir.live" ]; then
			again+=("$(cat "$dir.live")")
			cat "$dir"/failed >>"$work/first"
			continue
		fi
		passed=$((passed + p)) failed=$((failed + f))
		skipped=$((skipped + s))
		cat "$dir"/skipped >>"$work/skipped"
		cat "$dir"/failed >>"$work/failed"
	done
}

# start NAME COMMAND...: at most $jobs at a time
start()
{
	while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
		wait -n
		print_reports
	done
	started=$((started + 1))
	run $started "$@" &
}

start_program()
{
	start "$(basename "$1")" timeout -k 60 \
		"${CHECK_SECONDS:-$((200 * ${LAB_SLOW:-3}))}" "$1"
}

# A job in the background ignores SIGINT. SIGTERM lets a live test clean up.
stop()
{
	local dir
	for dir in "$work"/*/; do
		[ -e "$dir/report" ] || kill "$(cat "$dir/pid")"
	done 2>/dev/null
	wait
	exit 1
}
trap stop INT TERM

for program; do
	start_program "$program"
	case $program in
	*/live/*|*/kernels/*) echo "$program" >"$work/$started.live" ;;
	esac
done
[ "${CHECK_PROGRAMS-}" = only ] || {
	start cases cases
	start examples examples
}
wait
print_reports
jobs=1
for program in "${again[@]}"; do
	start_program "$program"
done
wait
print_reports

[ ! -s "$work/first" ] || { echo; echo "failed at the first attempt:"
	cat "$work/first"; }
[ ! -s "$work/skipped" ] || { echo; echo "skipped:"; cat "$work/skipped"; }
[ ! -s "$work/failed" ] || { echo; echo "failed:"; cat "$work/failed"; }
[ -z "${CHECK_RESULTS-}" ] ||
	echo "$passed $failed $skipped" >>"$CHECK_RESULTS"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
