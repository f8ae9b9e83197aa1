#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 42_replay_progress.sh - A progress line on the terminal shows how far a
# replay is. It is erased before anything else is printed; without a terminal
# it is never written.
. "$(dirname "$0")/lib.sh"
lab_bound 110 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1

case=$LAB_TOP/pcap-tests/cases/https-by-name
policy=$case/case.policy
capture=$case/input.pcap
mkfifo pipe
export TERM=vt100 WAYMARK

# begin WORDS: starts it on a terminal, which live.txt records; it reads what is
# written to descriptor 9.
begin()
{
	script -qec "stty cols ${COLUMNS_WANTED:-80}; echo \$\$ >pid
		exec $1 <pipe" /dev/null >live.txt 2>live.log </dev/null &
	LAB_PID=$!
	exec 9>pipe
}

# waits WORDS: begins it, and has its line on the terminal.
waits()
{
	begin "$1"
	cat "$capture" >&9
	until_true 50 shows 'standard input'
}

# end: closes descriptor 9, and waits for the status.
end()
{
	exec 9>&-
	wait $LAB_PID
	status=$?
}

# What the terminal shows in the end, with what was not erased.
screen() { sed 's/\r$//; s/.*\r\x1b\[K//' live.txt | cat -v; }

shows() { grep -aqE -- "$1" live.txt; }

# ---- a pipe that is slow ----

for threads in 1 2; do
	begin "'$WAYMARK' replay --threads $threads '$policy' -"
	cat "$capture" >&9
	ok "a pipe that waits has a line, of $threads" \
		until_true 50 shows $'\rstandard input  [0-9.]+kB  [0-9]+ pack'
	end
	is "and ends well" $status 0
	is "and the table is told as without" "$(screen)" \
		"$("$WAYMARK" replay "$policy" "$capture")"
done

waits "'$WAYMARK' replay --json '$policy' -"
is "objects have it, too: they come when all is read" $? 0
end
is "and are told as without" "$(screen)" \
	"$("$WAYMARK" replay --json "$policy" "$capture")"

begin "'$WAYMARK' replay --packets '$policy' -"
head -c 2000 "$capture" >&9
ok "lines of packets, and then the line" \
	until_true 50 shows $'^\rstandard input  [0-9.]+k?B  [0-9]+ packets'
tail -c +2001 "$capture" >&9
end
is "which more of them do not meet" "$(screen)" \
	"$("$WAYMARK" replay --packets "$policy" "$capture")"

COLUMNS_WANTED=20 begin "'$WAYMARK' replay '$policy' - >/dev/null"
cat "$capture" >&9
ok "a narrow terminal has a short one" \
	until_true 50 shows $'\rstanda\\.\\.input  [0-9.]+kB\x1b'
end
is "of 19 columns at most" \
	"$(tr '\r' '\n' <live.txt | sed 's/\x1b.*//' | grep -aE '.{20}')" ""

# ---- ends before the end ----

waits "'$WAYMARK' replay '$policy' -"
printf 'not a packet at all' >&9
end
is "an error is one" $status 1
like "is in a line of its own" "$(screen | head -n 1)" \
	'^standard input: damaged after frame [0-9]+: '

# What a shell starts in the background ignores SIGINT.
for signal in INT TERM; do
	waits "env --default-signal=INT '$WAYMARK' replay '$policy' -"
	kill -"$signal" "$(cat pid)"
	wait $LAB_PID
	is "SIG$signal ends it" $? $((128 + $(kill -l "$signal")))
	exec 9>&-
	is "and nothing is left" "$(screen | grep -a standard)" ""
done

# goes_on: the line was erased, and has come again.
goes_on() { shows $'\r\x1b\\[K\rstandard input'; }

waits "'$WAYMARK' replay '$policy' -"
kill -INT "$(cat pid)"
ok "a signal that is ignored stays so" until_true 50 goes_on
end
is "and is no end" $status 0

# In a shell that knows jobs, as else nobody could make it go on.
waits "bash -mc \"'$WAYMARK' replay '$policy' -; echo stopped; fg >/dev/null\""
kill -TSTP "$(pgrep -P "$(cat pid)")"
ok "it is gone when it is stopped" until_true 50 shows $'\r\x1b\\[K\r$'
was_stopped() { sed '1,/^stopped/d' live.txt | grep -a 'standard input'; }
ok "and there when it goes on" until_true 50 was_stopped
end
is "to its end" $status 0

# ---- several ----

"$LAB_TOP/pcap-tests/live/flood.py" 100000 >flood.pcap
begin "'$WAYMARK' replay '$policy' - $(printf 'flood.pcap %.0s' {1..10}) >out"
cat "$capture" >&9
ok "captures are counted" until_true 50 shows $'\r1 of 11: standard input  '
end
ok "and of files the percent is told" \
	shows $'\r[0-9]+ of 11: flood.pcap  [0-9]+%  [0-9.]+k? packets'
is "and nothing is left" "$(screen)" ""

begin "'$WAYMARK' replay --warm '$policy' pipe"
cat "$capture" >&9
ok "read twice, they count twice" until_true 50 shows $'\r1 of 2: pipe  '
kill -TERM "$(cat pid)"
end

waits "'$WAYMARK' replay --packets '$policy' - >out"
is "packets that go into a file are not in its way" $? 0
end

# ---- nowhere to show it ----

# slowly COMMAND...: it reads a pipe that waits for two seconds.
slowly()
{
	(cat "$capture"; sleep 2) | "$@"
}

"$WAYMARK" replay "$policy" "$capture" >plain.txt
slowly "$WAYMARK" replay "$policy" - >out 2>err
is "without a terminal nothing of it is written" \
	"$(cat err; cmp out plain.txt)" ""

begin "sh -c \"'$WAYMARK' replay --packets '$policy' - | cat\""
cat "$capture" >&9
sleep 2
end
is "nor where another one prints the packets" "$(tr -d '\r' <live.txt)" \
	"$("$WAYMARK" replay --packets "$policy" "$capture")"

TERM=dumb begin "'$WAYMARK' replay '$policy' -"
cat "$capture" >&9
sleep 2
end
is "nor where no line can be rewritten" "$(tr -d '\r' <live.txt)" \
	"$(cat plain.txt)"
done_testing
