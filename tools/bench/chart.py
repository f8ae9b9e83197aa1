# SPDX-License-Identifier: GPL-2.0-or-later
# chart.py - bars of ratios with whiskers, as SVG: for report.py. Legible on
# light and on dark pages.
from html import escape

STYLE = """
	text { font: 13px sans-serif; fill: #24292f }
	.title { font-weight: bold }
	.small { font-size: 11px; fill: #57606a }
	.back { fill: #ffffff }
	.met { fill: #54aeff } .missed { fill: #fb8f44 }
	.whisker { stroke: #24292f; stroke-width: 1.5 }
	.one { stroke: #8c959f; stroke-dasharray: 3 3 }
	.limit { stroke: #cf222e; stroke-width: 2 }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3 }
		.small { fill: #9198a1 }
		.back { fill: #0d1117 }
		.met { fill: #1f6feb } .missed { fill: #bd561d }
		.whisker { stroke: #e6edf3 }
		.one { stroke: #6e7681 }
		.limit { stroke: #ff7b72 }
	}
"""
NAMES = 330         # pixels for the names of bars
WIDTH = 520         # for the bars
RIGHT = 130
LINE = 20
SECTION = 44        # what a title takes
MARGIN = 12
MOST = 2.0          # longer bars are cut


def x_of(ratio):
    return NAMES + WIDTH * min(ratio, MOST) / MOST


def line(kind, x1, y1, x2, y2):
    return (f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" '
            f'x2="{x2:.1f}" y2="{y2:.1f}"/>')


def text(x, y, words, kind="", anchor="start"):
    return (f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def bar(row, top):
    """A bar, a whisker from quartile to quartile, a line for the aim."""
    low, high, middle = top + 3, top + LINE - 3, top + LINE / 2
    kind = "met" if row["met"] else "missed"
    q1, q3, limit = x_of(row["q1"]), x_of(row["q3"]), x_of(row["limit"])
    return [
        text(NAMES - 8, top + 14, row["name"], anchor="end"),
        f'<rect class="{kind}" x="{NAMES}" y="{low}" height="{high - low}" '
        f'width="{x_of(row["ratio"]) - NAMES:.1f}"/>',
        line("whisker", q1, middle, q3, middle),
        line("whisker", q1, middle - 4, q1, middle + 4),
        line("whisker", q3, middle - 4, q3, middle + 4),
        line("limit", limit, top + 1, limit, top + LINE - 1),
        text(NAMES + WIDTH + 12, top + 14,
             f"{row['ratio']:.2f}  ({row['q1']:.2f}-{row['q3']:.2f})"),
    ]


def draw(rows):
    """Rows have name, title, ratio, q1, q3, limit, aim, met; those of one
    title stand together."""
    parts, top = [], MARGIN
    for title in dict.fromkeys(row["title"] for row in rows):
        bars = [row for row in rows if row["title"] == title]
        aim = "at most" if bars[0]["aim"] == "most" else "at least"
        parts.append(text(MARGIN, top + 16, title, "title"))
        parts.append(text(NAMES + WIDTH + 12, top + 16,
                          f"{aim} {bars[0]['limit']}", "small"))
        top += SECTION - LINE + 2
        parts.append(line("one", x_of(1), top - 2, x_of(1),
                          top + LINE * len(bars) + 2))
        for row in bars:
            parts += bar(row, top)
            top += LINE
        top += LINE - 4
    parts.append(text(MARGIN, top + 8, "bar: waymark / beside, lower "
                      "quartiles; whisker: quartiles of the rounds; red: the "
                      "aim; dashed: as good", "small"))
    height, width = top + 24, NAMES + WIDTH + RIGHT + MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">',
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        *parts, "</svg>", ""])
