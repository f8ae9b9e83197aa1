#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""messages.py - Print messages that the manuals explain but no source prints.

    messages.py TREE MANUAL...

Messages are the items of the -diag lists; words in upper case are values.
Prints one line for each message that is not found.
"""
import glob
import re
import sys

LITERAL = r'"((?:[^"\\\n]|\\.)*)"'
VALUE = r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|z|j)?[a-zA-Z%]"


def strings(tree):
    """Each string of the program, adjacent literals joined."""
    for path in glob.glob(tree + "/**/*.c", recursive=True):
        if "/bench/" in path or "/pcap-tests/" in path:
            continue
        text = open(path, encoding="utf-8").read()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        # A macro between two literals is part of the text.
        text = re.sub(r'%"\s*PRI\w+\s*"', "%d", text)
        text = re.sub(r'"\s*[A-Z][A-Z_0-9]+\s*"', "%s", text)
        for found in re.finditer(rf"(?:{LITERAL}\s*)+", text):
            yield "".join(re.findall(LITERAL, found[0]))


def items(manual):
    """The messages that a manual explains."""
    inside = False
    for line in open(manual, encoding="utf-8"):
        if line.startswith(".Bl -diag"):
            inside = True
        elif line.startswith(".El"):
            inside = False
        elif inside and line.startswith(".It "):
            text = line[4:].strip().strip('"')
            yield text.replace(r"\&", "").replace(r"\(dq", '\\"')


def is_printed(message, printed):
    """Whether one has these words, and values where the manual has some."""
    pattern = ""
    for part in re.split(r"(\b[A-Z][A-Z0-9]*\b|(?<=IPv)N)", message):
        is_value = re.fullmatch("[A-Z][A-Z0-9]*", part)
        literal = re.escape(part)
        pattern += f"(?:{VALUE}|{literal})" if is_value else literal
    wanted = re.compile(pattern)
    return any(wanted.search(text) for text in printed)


known = set(strings(sys.argv[1]))
for page in sys.argv[2:]:
    for item in items(page):
        if not is_printed(item, known):
            print(f"{page}: no source prints: {item}")
