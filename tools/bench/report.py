#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# report.py - what a run of bench.sh says: a table on stdout, and beside its
# raw lines results.json, results.md and results.svg.
#
#   report.py DIRECTORY
#
# A number is the lower quartile of the rounds. A ratio is of two such numbers;
# its spread are the quartiles of the ratios within single rounds.
import json
import os
import platform
import sys
from collections import defaultdict

import chart

HINTS = {"new64", "newimix", "real"}
AIMS = {  # of the ratio: at most, or at least
    "headers": ("most", 1.15),
    "hints": ("most", 1.3),
    "lossless": ("least", 0.85),
    "bulk": ("least", 0.97),
    "new": ("least", 0.8),
}
WORKLOADS = {
    "udp64": "64-byte UDP",
    "imix": "IMIX",
    "new64": "64-byte UDP, flows of 8",
    "newimix": "IMIX, flows of 8",
    "real": "first packets of clients",
    "gso": "TCP with GSO",
    "syn": "each packet a SYN",
    "flood": "each datagram a flow",
}
APPS = ["tls", "http", "ssh", "dns", "quic"]


def quantile(values, share):
    values = sorted(values)
    at = (len(values) - 1) * share
    low = int(at)
    if low + 1 == len(values):
        return values[low]
    return values[low] + (at - low) * (values[low + 1] - values[low])


class Runs:
    """Measurements by group, workload, queues, rate and mode; each a dict
    from round to its values."""

    def __init__(self, path):
        self.runs = defaultdict(dict)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                turn, group, workload, queues, rate, mode, *rest = line.split()
                values = {key: float(value) for key, value in
                          (pair.split("=") for pair in rest) if value}
                key = group, workload, int(queues), rate, mode
                self.runs[key][int(turn)] = values
        self.rounds = max((turn for runs in self.runs.values()
                           for turn in runs), default=0)

    def get(self, key, value_of):
        """The rounds' values, without those that could not be measured."""
        found = {}
        for turn, values in self.runs.get(key, {}).items():
            try:
                found[turn] = value_of(values)
            except (KeyError, ZeroDivisionError):
                pass
        return {turn: value for turn, value in found.items() if value > 0}

    def points(self, group):
        """(workload, queues, rate) of a group, in the order of the run."""
        seen = dict.fromkeys(key[1:4] for key in self.runs if key[0] == group)
        return list(seen)


def cost_ns(values):
    return values["cpu_ns"] / values["seen"]


def cost_kb_ns(values):
    return values["cpu_ns"] / (values["bits_per_second"] / 8 / 1024
                               * values["seconds"])


def gbits(values):
    return values["bits_per_second"] / 1e9


def seen_rate(values):
    return values["early"] / values["seconds"]


def got_rate(values):
    return values["got"] / values["seconds"]


def flows_rate(values):
    return values["seen"] / values["cpu_ns"] * 1e9


def found_rate(values):
    return values["packets_per_second"]


def compare(runs, section, point, modes, value_of, unit, aim=None, group=None):
    """One row: modes[0] beside modes[1]; None when one is missing."""
    group = group or section
    ours, theirs = (runs.get((group, *point, mode), value_of)
                    for mode in modes)
    both = [ours[turn] / theirs[turn] for turn in ours if turn in theirs]
    if not both:
        return None
    value, beside = (quantile(list(values.values()), 0.25)
                     for values in (ours, theirs))
    sense, limit = AIMS[aim] if aim else (None, None)
    ratio = value / beside
    return {
        "section": section, "workload": point[0], "queues": point[1],
        "rate": point[2], "mode": modes[0], "beside": modes[1],
        "unit": unit, "value": value, "beside_value": beside,
        "ratio": ratio, "q1": quantile(both, 0.25), "q3": quantile(both, 0.75),
        "min": min(both), "max": max(both), "rounds": len(both),
        "aim": sense, "limit": limit,
        "met": None if limit is None else
        ratio <= limit if sense == "most" else ratio >= limit,
    }


def cpu_rows(runs):
    for point in runs.points("cpu"):
        if point[0] == "gso":
            continue
        mode = "hints" if point[0] in HINTS else "headers"
        yield compare(runs, mode, point, (mode, "null"), cost_ns,
                      "ns/packet", mode, "cpu")
    for mode in "headers", "hints":
        yield compare(runs, mode, ("gso", 1, "0"), (mode, "null"), cost_kb_ns,
                      "ns/kB", mode, "cpu")
    for point in runs.points("cpu"):
        yield compare(runs, "nap", point, ("nap", "headers"), cost_ns,
                      "ns/packet", None, "cpu")


def rate_rows(runs):
    for point in runs.points("cpu"):
        mode = "hints" if point[0] in HINTS else "headers"
        if point[0] == "gso":
            for mode in "ct", "null", "headers", "hints":
                yield compare(runs, "rate", point, (mode, "plain"), gbits,
                              "Gbit/s", None, "cpu")
        elif point[2] == "0":
            yield compare(runs, "rate", point, ("ct", "plain"), got_rate,
                          "packets/s", None, "cpu")
            yield compare(runs, "rate", point, (mode, "null"), seen_rate,
                          "packets/s", None, "cpu")
    for point in runs.points("lossless"):
        mode = "hints" if point[0] in HINTS else "headers"
        yield compare(runs, "lossless", point, (mode, "null"), found_rate,
                      "packets/s", "lossless")
    for point in runs.points("bulk"):
        is_tcp = point[0] == "gso"
        yield compare(runs, "bulk", point, ("up", "ct"),
                      gbits if is_tcp else got_rate,
                      "Gbit/s" if is_tcp else "packets/s",
                      "bulk" if is_tcp else None)
    for point in runs.points("new"):
        for mode in "headers", "hints":
            yield compare(runs, "new", point, (mode, "null"), flows_rate,
                          "flows/CPU s", "new")


def overload_rows(runs):
    """Beside the peak of the same engine in the same round."""
    rows = []
    for mode in "null", "hints":
        found = [values for key, turns in runs.runs.items()
                 if key[0] == "overload" and key[4] == mode
                 for values in turns.values()]
        if not found:
            continue
        ratios = [seen_rate(values) / values["peak"] for values in found]
        last = found[-1]
        rows.append({
            "mode": mode,
            "offered": quantile([values["sent"] / values["seconds"]
                                 / values["peak"] for values in found], 0.25),
            "seen": quantile(ratios, 0.25),
            "q1": quantile(ratios, 0.25), "q3": quantile(ratios, 0.75),
            "sent": last["sent"], "delivered": last["got"],
            "decided": last["seen"],
            "counted": last["counted"] if mode != "null" else None,
            "most_uncounted": max(abs(values["sent"] - values["counted"])
                                  for values in found)
            if mode != "null" else None,
        })
    return rows


def delay_rows(runs):
    rows = []
    for point in runs.points("delay"):
        for mode in "plain", "ct", "null", "headers", "nap":
            key = "delay", *point, mode
            row = {"rate": point[2], "mode": mode}
            for name in "p50", "p99", "p999":
                values = runs.get(key, lambda v, name=name: v[name])
                if not values:
                    break
                row[name] = quantile(list(values.values()), 0.25)
            else:
                rows.append(row)
    return rows


def queued_rows(path):
    by_app = defaultdict(list)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            flow = json.loads(line)
            if flow["settled_packet"] is not None and flow["app"] in APPS:
                by_app[flow["app"]].append(flow["settled_packet"])
    return [{"app": app, "flows": len(by_app[app]),
             "p50": quantile(by_app[app], 0.5),
             "p99": quantile(by_app[app], 0.99),
             "most": max(by_app[app])} for app in APPS if by_app[app]]


# ---- as text ----

SECTIONS = {
    "headers": "Processor time, every packet queued, headers decide",
    "hints": "Processor time, every packet queued, payload decides",
    "nap": "The same with `coalesce 200us`, beside without",
    "lossless": "Highest rate without loss (less than 1 in 1,000)",
    "new": "New flows by one processor",
    "bulk": "Settled flows through `waymark up`, beside forwarding with "
            "conntrack",
    "rate": "Rates at full speed",
}


def number(value):
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def rate_text(rate):
    if rate == "found":
        return ""
    return "most" if rate == "0" else f"{int(rate):,}/s"


def name_of(row):
    words = [WORKLOADS.get(row["workload"], row["workload"])]
    if row["section"] in ("headers", "hints", "nap", "rate"):
        words.append(f"{row['queues']} queue{'s' * (row['queues'] > 1)}")
    if row["section"] in ("headers", "hints", "nap"):
        words.append(rate_text(row["rate"]))
    if row["section"] in ("new", "rate"):
        words.append(row["mode"])
    return ", ".join(word for word in words if word)


def aim_text(row):
    if row["limit"] is None:
        return ""
    sign = "<=" if row["aim"] == "most" else ">="
    return f"{sign} {row['limit']}{'' if row['met'] else ' missed'}"


def table(title, head, rows):
    """A Markdown table whose columns line up as text too."""
    cells = [head] + rows
    wide = [max(len(row[i]) for row in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, wide))) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":")
                          for i, width in enumerate(wide)) + "|"
    return "\n".join([f"### {title}", "", line(head), rule,
                      *map(line, rows), ""])


def ratio_table(section, rows):
    return table(
        SECTIONS[section],
        ["", rows[0]["mode"] if len({row["mode"] for row in rows}) == 1
         else "", "beside", "unit", "ratio", "quartiles", "aim"],
        [[name_of(row), number(row["value"]),
          f"{row['beside']} {number(row['beside_value'])}", row["unit"],
          f"{row['ratio']:.2f}", f"{row['q1']:.2f}-{row['q3']:.2f}",
          aim_text(row)] for row in rows])


def markdown(data):
    parts = [f"{data['date']}, Linux {data['kernel']}, "
             f"{data['processors']} processors ({data['model']}), "
             f"{data['rounds']} rounds, {data['load']}. Lower "
             "quartiles; ratios with the quartiles of single rounds.\n"]
    for section in SECTIONS:
        rows = [row for row in data["ratios"] if row["section"] == section]
        if rows:
            parts.append(ratio_table(section, rows))
    if data["delay_us"]:
        parts.append(table(
            "One-way delay, us", ["packets/s", "", "p50", "p99", "p99.9"],
            [[rate_text(row["rate"]), row["mode"], f"{row['p50']:,.0f}",
              f"{row['p99']:,.0f}", f"{row['p999']:,.0f}"]
             for row in data["delay_us"]]))
    if data["queued"]:
        parts.append(table(
            "Packets queued of a flow until it is settled",
            ["", "flows", "p50", "p99", "most"],
            [[row["app"], str(row["flows"]), f"{row['p50']:.0f}",
              f"{row['p99']:.0f}", str(row["most"])]
             for row in data["queued"]]))
    if data["overload"]:
        parts.append(table(
            "Overload", ["", "offered / peak", "seen / peak", "quartiles",
                         "sent", "delivered", "decided",
                         "decided + past, by waymark"],
            [[row["mode"], f"{row['offered']:.2f}", f"{row['seen']:.2f}",
              f"{row['q1']:.2f}-{row['q3']:.2f}", f"{row['sent']:,.0f}",
              f"{row['delivered']:,.0f}", f"{row['decided']:,.0f}",
              "" if row["counted"] is None else f"{row['counted']:,.0f}"]
             for row in data["overload"]]))
    return "\n".join(parts)


# ---- the run ----

def processor_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def read_text(path):
    try:
        with open(path, encoding="utf-8") as text:
            return text.read().strip()
    except OSError:
        return ""


def main(directory):
    def at(name):
        return os.path.join(directory, name)

    runs = Runs(at("results.txt"))
    rows = [row for row in [*cpu_rows(runs), *rate_rows(runs)] if row]
    data = {
        "date": read_text(at("date.txt")), "kernel": platform.release(),
        "processors": os.cpu_count(), "model": processor_model(),
        "load": read_text(at("load.txt")), "rounds": runs.rounds,
        "ratios": rows, "delay_us": delay_rows(runs),
        "queued": queued_rows(at("replayed.ndjson")),
        "overload": overload_rows(runs),
    }
    with open(at("results.json"), "w", encoding="utf-8") as out:
        json.dump(data, out, indent=1)
        out.write("\n")
    text = markdown(data)
    with open(at("results.md"), "w", encoding="utf-8") as out:
        out.write(text)
    bars = [{**row, "name": name_of(row), "title": SECTIONS[row["section"]]}
            for row in rows if row["limit"] is not None]
    with open(at("results.svg"), "w", encoding="utf-8") as out:
        out.write(chart.draw(bars))
    print(text)
    print(f"{directory}: results.json, results.md, results.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: report.py DIRECTORY")
    main(sys.argv[1])
