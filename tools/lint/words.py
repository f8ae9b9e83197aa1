#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""words.py - find expressions that words.txt advises against.

usage: words.py FILE...

Searches the prose of manuals and Markdown files, comments of C, shell and
Python, and strings of C. Prints FILE:LINE: 'WORD': ADVICE for each; exit
status 1 if there is any.
"""
import fnmatch
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def rows(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t", 1)


WORDS = [(re.compile(rf"\b(?:{pattern})\b", re.I), advice)
         for pattern, advice in rows("words.txt")]
ALLOWED = [(glob, re.compile(pattern, re.I))
           for glob, pattern in rows("allowed.txt")]


def blank(text, keep):
    """`text` with all but the spans of `keep` replaced by spaces."""
    out = [c if c == "\n" else " " for c in text]
    for start, end in keep:
        out[start:end] = text[start:end]
    return "".join(out)


def prose_of_c(text):
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'
                       r"'(?:[^'\\\n]|\\.)+'", re.S)
    keep = [m.span() for m in token.finditer(text)
            if m[0][0] != "'" and not re.search(
                r"#\s*include\s*$", text[max(0, m.start() - 12):m.start()])]
    return blank(text, keep)


def prose_of_script(text):
    return blank(text, [m.span() for m in
                        re.finditer(r"(?m)(?:^|\s)#(?!!)[^\n]*", text)])


def prose_of_markdown(text):
    code = re.compile(r"(?ms)^```.*?^```|`[^`\n]*`|^(?: {4}|\t)[^\n]*")
    spans, at = [], 0
    for m in code.finditer(text):
        spans.append((at, m.start()))
        at = m.end()
    return blank(text, spans + [(at, len(text))])


def prose_of(path, text):
    if re.search(r"\.[ch]$", path):
        return prose_of_c(text)
    if path.endswith(".md"):
        return prose_of_markdown(text)
    if re.search(r"/man/.*\.\d$", path):
        return re.sub(r'(?m)^\.\\".*$', "", text)
    return prose_of_script(text)


def is_allowed(path, text, span):
    around = " ".join(text[max(0, span[0] - 60):span[1] + 60].split())
    return any(fnmatch.fnmatch(path, glob) and pattern.search(around)
               for glob, pattern in ALLOWED)


def main(paths):
    found = 0
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = prose_of(path, file.read())
        for pattern, advice in WORDS:
            for m in pattern.finditer(text):
                if is_allowed(path, text, m.span()):
                    continue
                line = text.count("\n", 0, m.start()) + 1
                print(f"{path}:{line}: '{m[0]}': {advice}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
