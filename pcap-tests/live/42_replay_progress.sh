#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 42_replay_progress.sh - A progress line on the terminal shows how far a
# replay is. It is erased before anything else is printed; without a terminal
# it is never written.
. "$(dirname "$0")/lib.sh"
lab_bound 120 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1

case=$LAB_TOP/pcap-tests/cases/https-by-name
policy=$case/case.policy
capture=$case/input.pcap
mkfifo pipe
export TERM=vt100 WAYMARK

# begin COMMAND: start it on a terminal, recorded in live.txt, with descriptor 9
# as the other end of its standard input.
begin()
{
	script -qec "stty cols ${COLUMNS_WANTED:-80}; echo \$\$ >pid
		exec $1 <pipe" /dev/null >live.txt 2>live.log </dev/null &
	LAB_PID=$!
	exec 9>pipe
}

# begin_line COMMAND: start it, and wait for its progress line.
begin_line()
{
	begin "$1"
	cat "$capture" >&9
	until_true 50 shows 'standard input'
}

# end: close descriptor 9 and wait for the exit status.
end()
{
	exec 9>&-
	wait $LAB_PID
	status=$?
}

# The final content of the terminal, including what was not erased.
screen() { sed 's/\r$//; s/.*\r\x1b\[K//' live.txt | cat -v; }

shows() { grep -aqE -- "$1" live.txt; }

# ---- a slow pipe ----

for threads in 1 2; do
	begin "'$WAYMARK' replay --threads $threads '$policy' -"
	cat "$capture" >&9
	ok "a slow pipe has a progress line, $threads threads" \
		until_true 50 shows $'\rstandard input  [0-9.]+kB  [0-9]+ pack'
	end
	is "exit status" $status 0
	is "the table is as without a terminal" "$(screen)" \
		"$("$WAYMARK" replay "$policy" "$capture")"
done

begin_line "'$WAYMARK' replay --json '$policy' -"
is "--json has a progress line" $? 0
end
is "objects are as without a terminal" "$(screen)" \
	"$("$WAYMARK" replay --json "$policy" "$capture")"

begin "'$WAYMARK' replay --packets '$policy' -"
head -c 2000 "$capture" >&9
ok "a progress line below lines of packets" \
	until_true 50 shows $'^\rstandard input  [0-9.]+k?B  [0-9]+ packets'
tail -c +2001 "$capture" >&9
end
is "more packets do not mix with it" "$(screen)" \
	"$("$WAYMARK" replay --packets "$policy" "$capture")"

COLUMNS_WANTED=20 begin "'$WAYMARK' replay '$policy' - >/dev/null"
cat "$capture" >&9
ok "a narrow terminal has a short line" \
	until_true 50 shows $'\rstanda\\.\\.input  [0-9.]+kB\x1b'
end
is "at most 19 columns" \
	"$(tr '\r' '\n' <live.txt | sed 's/\x1b.*//' | grep -aE '.{20}')" ""

# ---- errors and signals ----

begin_line "'$WAYMARK' replay '$policy' -"
printf 'not a packet at all' >&9
end
is "an error: exit status 1" $status 1
like "on a separate line" "$(screen | head -n 1)" \
	'^standard input: damaged after frame [0-9]+: '

# A shell starts background jobs with SIGINT ignored.
for signal in INT TERM; do
	begin_line "env --default-signal=INT '$WAYMARK' replay '$policy' -"
	kill -"$signal" "$(cat pid)"
	wait $LAB_PID
	is "SIG$signal ends it" $? $((128 + $(kill -l "$signal")))
	exec 9>&-
	is "the line is erased" "$(screen | grep -a standard)" ""
done

# goes_on: the line was erased and printed again.
goes_on() { shows $'\r\x1b\\[K\rstandard input'; }

begin_line "'$WAYMARK' replay '$policy' -"
kill -INT "$(cat pid)"
ok "an ignored signal stays ignored" until_true 50 goes_on
end
is "exit status" $status 0

# In a shell with job control, which can continue it.
begin_line "bash -mc \"'$WAYMARK' replay '$policy' -; echo stopped; fg >/dev/null\""
kill -TSTP "$(pgrep -P "$(cat pid)")"
ok "the line is erased on a stop" until_true 50 shows $'\r\x1b\\[K\r$'
was_stopped() { sed '1,/^stopped/d' live.txt | grep -a 'standard input'; }
ok "and printed again on a continue" until_true 50 was_stopped
end
is "exit status" $status 0

# ---- several captures ----

"$LAB_TOP/pcap-tests/live/flood.py" 100000 >flood.pcap
begin "'$WAYMARK' replay '$policy' - $(printf 'flood.pcap %.0s' {1..10}) >out"
cat "$capture" >&9
ok "captures are counted" until_true 50 shows $'\r1 of 11: standard input  '
end
ok "a file has a percentage" \
	shows $'\r[0-9]+ of 11: flood.pcap  [0-9]+%  [0-9.]+k? packets'
is "the line is erased" "$(screen)" ""

begin "'$WAYMARK' replay --warm '$policy' pipe"
cat "$capture" >&9
ok "with --warm each counts twice" until_true 50 shows $'\r1 of 2: pipe  '
kill -TERM "$(cat pid)"
end

begin_line "'$WAYMARK' replay --packets '$policy' - >out"
is "packets into a file leave the line alone" $? 0
end

# ---- no terminal for the line ----

# slowly COMMAND...: its standard input pauses for two seconds.
slowly()
{
	(cat "$capture"; sleep 2) | "$@"
}

"$WAYMARK" replay "$policy" "$capture" >plain.txt
slowly "$WAYMARK" replay "$policy" - >out 2>err
is "no line without a terminal" \
	"$(cat err; cmp out plain.txt)" ""

begin "sh -c \"'$WAYMARK' replay --packets '$policy' - | cat\""
cat "$capture" >&9
sleep 2
end
is "no line if a pipe prints to the terminal" "$(tr -d '\r' <live.txt)" \
	"$("$WAYMARK" replay --packets "$policy" "$capture")"

TERM=dumb begin "'$WAYMARK' replay '$policy' -"
cat "$capture" >&9
sleep 2
end
is "no line on a dumb terminal" "$(tr -d '\r' <live.txt)" \
	"$(cat plain.txt)"
done_testing
