#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 44_replay_reports.sh - `waymark replay --csv` has the values of --json, and
# the page of --html shows them in a browser, whatever names packets carry.
. "$(dirname "$0")/lib.sh"
lab_bound 60 "$0" "$@"
[ -x "$WAYMARK" ] || skip_all "no $WAYMARK"
for program in jq python3; do
	command -v $program >/dev/null || skip_all "needs $program"
done
LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/waymark-lab.XXXXXX") || exit 1
trap 'rm -rf "$LAB_DIR"' EXIT
cd "$LAB_DIR" || exit 1
policy=$LAB_DIR/office.policy
cp "$LAB_TOP/rules/examples/office.policy" "$policy"
captures=("$LAB_TOP"/pcap-tests/cases/*/input.pcap)
"$WAYMARK" replay --json "$policy" "${captures[@]}" >flows.json

# ---- csv ----

ok "a table" eval '"$WAYMARK" replay --csv "$policy" "${captures[@]}" >flows.csv'
is "lines end as RFC 4180 demands" "$(grep -c $'\r$' flows.csv)" \
	"$(wc -l <flows.csv)"
is "it has the values of --json" "$(python3 - <<'PYTHON'
import csv, json
rows = list(csv.DictReader(open("flows.csv", newline="")))
flows = [json.loads(line) for line in open("flows.json")]
def text(value):
    if value is None:
        return ""
    return "%.6f" % value if isinstance(value, float) else str(value)
same = [{key: text(value) for key, value in flow.items()} for flow in flows]
print(len(rows) > 100 and rows == same and list(rows[0]) == list(flows[0]))
PYTHON
)" True
is "flows have their times" "$(jq -s 'map(.end >= .start and
	.start > 1600000000) | all' flows.json)" true

# ---- the page ----

# A comment of a policy, and its name, must not become markup.
echo '# </script><script>document.title = "broken"</script>' >>"$policy"
like "a page" "$("$WAYMARK" replay --html report.html "$policy" \
	"${captures[@]}")" "^report.html: $(wc -l <flows.json) flows$"
is "it is one file" "$(grep -cE '(src|href)=' report.html)" 0
is "and holds no markup of others" "$(grep -c '</script><script>document' \
	report.html)" 0
like "a file that cannot be written" "$("$WAYMARK" replay --html none/x.html \
	"$policy" "${captures[0]}" 2>&1)" 'replay: none/x.html: No such file'
"$WAYMARK" replay --html a.html --csv "$policy" "${captures[0]}" >out 2>&1
is "one form at a time" $? 2

browser=$(command -v chromium || command -v chromium-browser)
if [ -n "$browser" ]; then
	HOME=$LAB_DIR timeout $((20 * LAB_SLOW)) "$browser" --headless \
		--no-sandbox --disable-gpu --virtual-time-budget=5000 \
		--dump-dom "file://$LAB_DIR/report.html" >page.html 2>browser.log
	count=$(wc -l <flows.json)
	like "the browser counts the flows" "$(cat page.html)" \
		"<output id=\"count\"[^>]*>$count of $count flows, "
	like "draws the traffic" "$(cat page.html)" '<rect x='
	like "lists flows" "$(cat page.html)" '<td class="">www.example.org</td>'
	like "and the lines that decided them" "$(cat page.html)" \
		'<tr class="used">.*route mail +via cheap'
	is "its title is its own" \
		"$(grep -o '<title>[^<]*' page.html | head -1)" \
		"<title>waymark report"
else
	skip "the page in a browser" "needs chromium"
fi
done_testing
