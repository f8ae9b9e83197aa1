#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""grammar.py - Read and use the EBNF of waymark.policy(5).

    grammar.py MANUAL symbols         undefined and unused symbols, one per line
    grammar.py MANUAL match FILE...   parts of these policies it does not derive
    grammar.py MANUAL make DIR COUNT  random policies that it derives: DIR/1, ...

For the tests of the manual: the parser and the manual have to agree on the
language.
"""
import random
import re
import sys

MAX_DEPTH = 24


def read_grammar(path):
    text = open(path, encoding="utf-8").read()
    text = text.split(".Sh GRAMMAR", 1)[1].split("The words are:", 1)[0]
    blocks = re.findall(r"\n\.Bd[^\n]*\n(.*?)\n\.Ed", text, re.S)
    tokens = re.findall(r'"[^"]+"|[A-Za-z][A-Za-z-]*|[=;|()\[\]{}]',
                        "\n".join(blocks))
    rules, at = {}, 0
    while at < len(tokens):
        name, at = tokens[at], at + 1
        assert tokens[at] == "=", f"{name}: no '='"
        rules[name], at = read_choice(tokens, at + 1)
        assert tokens[at] == ";", f"{name}: no ';' but {tokens[at]}"
        at += 1
    del rules["x-set"]
    return rules


def read_choice(tokens, at):
    choices = []
    while True:
        sequence, at = read_sequence(tokens, at)
        choices.append(sequence)
        if tokens[at] != "|":
            return ("choice", choices), at
        at += 1


def read_sequence(tokens, at):
    closing = {"(": ")", "[": "]", "{": "}"}
    kinds = {"(": "group", "[": "option", "{": "repeat"}
    parts = []
    while tokens[at] not in ("|", ";", ")", "]", "}"):
        token = tokens[at]
        if token in closing:
            inner, at = read_choice(tokens, at + 1)
            assert tokens[at] == closing[token], f"no {closing[token]}"
            parts.append((kinds[token], inner))
        elif token.startswith('"'):
            parts.append(("word", token[1:-1]))
        else:
            parts.append(("symbol", token))
        at += 1
    return ("sequence", parts), at


def set_of(name):
    """x-set = x | "{" x { "," x } [ "," ] "}" """
    one = ("symbol", name)
    more = ("sequence", [("word", ","), one])
    several = [("word", "{"), one, ("repeat", more),
               ("option", ("word", ",")), ("word", "}")]
    return ("choice", [one, ("sequence", several)])


def walk(expression):
    yield expression
    inner = expression[1]
    if isinstance(inner, tuple):
        yield from walk(inner)
    elif isinstance(inner, list):
        for part in inner:
            yield from walk(part)


def symbols(rules):
    used = {"policy"}
    for rule in rules.values():
        used |= {e[1].removesuffix("-set") for e in walk(rule)
                 if e[0] == "symbol"}
    for name in sorted(used):
        if name not in rules and name not in PATTERNS:
            print(f"{name}: not defined")
    for name in sorted(set(rules) | set(PATTERNS)):
        if name not in used:
            print(f"{name}: not used")


# ---- the words ----

BARE = r'[^\s{}(),=@>#";]+'
QUOTED = r'"(?:[^"\\\n]|\\["\\])*"'
NUMBER = r"(?:0x[0-9a-fA-F]+|[0-9]+)"
V4 = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"
V6 = r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*"
PATTERNS = {
    "ADDRESS": f"{V4}|{V6}",
    "ADDRESSES": f"(?:{V4}|{V6})(?:/[0-9]+|-(?:{V4}|{V6}))?",
    "DOMAIN": f"=?(?:{BARE}|{QUOTED})",
    "DSCP": f"[a-z]+[0-9]*|{NUMBER}",
    "ENDPOINT": f"{V4}(?::[0-9]+)?|{V6}|\\[{V6}\\](?::[0-9]+)?",
    "HOST": f"{BARE}|{QUOTED}",
    "INTERFACE": f"{BARE}|{QUOTED}",
    "INTERVAL": "[0-9]+m?s",
    "LIST": "@[A-Za-z_][A-Za-z0-9_.-]*",
    "MICROSECONDS": "[0-9]+us",
    "RATE": "[0-9]+/s",
    "NAME": "[A-Za-z_][A-Za-z0-9_.-]*",
    "NUMBER": NUMBER,
    "PREFIX": f"(?:{V4}|{V6})/[0-9]+",
    "PROTOCOL": "[a-z]+[a-z0-9]*",
    "RANGE": f"{NUMBER}(?:-{NUMBER})?",
    "REGEX": r"/(?:[^/\\\n]|\\.)*/",
    "SIZE": f"{NUMBER}[km]?",
    "STRING": QUOTED,
    "TEXT": f"{BARE}|{QUOTED}",
    "TOS": f"[a-z-]+|{NUMBER}",
    "TOSMASK": f"[a-z-]+|{NUMBER}(?:/{NUMBER})?",
}
PROTOCOLS = ("tcp udp udplite sctp dccp icmp icmpv6 igmp gre esp ah ipip "
             "ipv6 l2tp ospf vrrp pim").split()
SAMPLES = {
    "ADDRESS": ["203.0.113.9", "2001:db8::9"],
    "ADDRESSES": ["192.0.2.1", "192.0.2.64-192.0.2.79", "198.51.100.0/24",
                  "2001:db8::/32"],
    "DOMAIN": ["video.example", "=login.example", '"a.example"'],
    "DSCP": ["ef", "af41", "46"],
    "ENDPOINT": ["192.0.2.9:25", "192.0.2.9:443"],
    "HOST": ["printer.example", "a.b.example"],
    "INTERFACE": ["eth1", '"ppp0"', "wlan0"],
    "INTERVAL": ["5s", "500ms"],
    "MICROSECONDS": ["200us"],
    "RATE": ["500/s"],
    "NUMBER": ["1", "7", "0x10"],
    "PREFIX": ["2001:db8:f1::/48"],
    "PROTOCOL": PROTOCOLS,
    "RANGE": ["80", "1024-2047"],
    "REGEX": ["/GET /", r"/^\x16\x03/", r"/a\/b/"],
    "SIZE": ["64k", "4096", "2m"],
    "STRING": ['"file"'],
    "TEXT": ["tls", '"h2"'],
    "TOS": ["minimize-delay", "0x10"],
    "TOSMASK": ["maximize-throughput", "0x10/0x1c"],
}


# ---- does it derive a policy? ----

def cut(text):
    """The words of each statement, with their line."""
    sign = re.compile(r"[{}(),=>]")
    statements, line, fresh, at = [], 1, True, 0
    while at < len(text):
        if text[at] == "\n":
            line, fresh, at = line + 1, True, at + 1
            continue
        if text[at] in " \t\r\ufeff":
            at += 1
            continue
        if text[at] == "#":
            at = (text + "\n").index("\n", at)
            continue
        words = statements[-1][1] if statements else []
        is_class = len(words) == 2 and words[0] == "class"
        is_payload = words and (words[-1] == "payload" or words[-2:-1] ==
                                ["payload"])
        patterns = [QUOTED, "@" + BARE, BARE]
        if not is_class:
            patterns.insert(0, f"=(?:{BARE}|{QUOTED})")
        if is_payload:
            patterns.insert(0, PATTERNS["REGEX"])
        for pattern in patterns + [sign.pattern]:
            found = re.compile(pattern).match(text, at)
            if found:
                break
        assert found, f"line {line}: {text[at:at + 20]!r}"
        if fresh and found[0] in KEYWORDS:
            statements.append((line, []))
        assert statements, f"line {line}: no statement"
        statements[-1][1].append(found[0])
        fresh, at = False, found.end()
    return statements


class Derivation:
    def __init__(self, rules, words):
        self.rules, self.words, self.seen = rules, words, {}

    def ends(self, expression, at):
        """Where what `expression` derives from words[at:] may end."""
        key = (id(expression), at)
        if key not in self.seen:
            self.seen[key] = set()  # nothing yet, for what is recursive
            self.seen[key] = self.find(expression, at)
        return self.seen[key]

    def find(self, expression, at):
        kind, inner = expression
        if kind == "choice":
            return set().union(*(self.ends(e, at) for e in inner))
        if kind == "sequence":
            ends = {at}
            for part in inner:
                ends = set().union(*(self.ends(part, e) for e in ends))
            return ends
        if kind == "group":
            return self.ends(inner, at)
        if kind == "option":
            return {at} | self.ends(inner, at)
        if kind == "repeat":
            return self.repeated(inner, at)
        if kind == "word":
            return {at + 1} if self.words[at:at + 1] == [inner] else set()
        return self.of_symbol(inner, at)

    def repeated(self, inner, at):
        ends, new = {at}, {at}
        while new:
            new = set().union(*(self.ends(inner, e) for e in new)) - ends
            ends |= new
        return ends

    def of_symbol(self, name, at):
        if name in self.rules:
            return self.ends(self.rules[name], at)
        if name.endswith("-set"):
            self.rules[name] = set_of(name.removesuffix("-set"))
            return self.ends(self.rules[name], at)
        word = self.words[at] if at < len(self.words) else ""
        fits = re.fullmatch(PATTERNS[name], word)
        if name == "PROTOCOL":
            fits = word in PROTOCOLS
        if name == "NAME" and word in RESERVED:
            fits = None
        return {at + 1} if fits else set()


def match(rules, paths):
    failed = False
    for path in paths:
        for line, words in cut(open(path, encoding="utf-8").read()):
            derivation = Derivation(rules, words)
            if len(words) in derivation.ends(rules["statement"], 0):
                continue
            failed = True
            print(f"{path}:{line}: not in the grammar: {' '.join(words)}")
    return failed


# ---- a policy at random ----

class Maker:
    """Names that are defined are new; names that are used are those of the
    first lines, so that the policy may as well make sense."""

    PRELUDE = """\
uplink one { dev eth1 via 203.0.113.1 }
uplink two { dev eth2 via 203.0.113.17 }
list addresses hosts { 192.0.2.0/24 }
list domains names { video.example }
class kind = tcp dport 25
"""

    def __init__(self, rules, seed):
        self.rules, self.random, self.count = rules, random.Random(seed), 0

    def symbol(self, name, inside, depth):
        if name == "NAME" and inside == "target":
            return [self.random.choice(["one", "two"])]
        if name == "NAME" and inside == "factor":
            return ["kind"]
        if name == "LIST":
            return ["@names" if inside == "host" else "@hosts"]
        if name == "NAME":
            self.count += 1
            return [f"name{self.count}"]
        if name in SAMPLES:
            return [self.random.choice(SAMPLES[name])]
        if name.endswith("-set") and name not in self.rules:
            self.rules[name] = set_of(name.removesuffix("-set"))
        inside = name.removesuffix("-set") if name.endswith("-set") else name
        return self.make(self.rules[name], inside, depth + 1)

    def make(self, expression, inside, depth):
        kind, inner = expression
        if kind == "word":
            return [inner]
        if kind == "symbol":
            return self.symbol(inner, inside, depth)
        if kind == "group":
            return self.make(inner, inside, depth)
        if kind == "choice":
            last = inside == "factor" and depth > MAX_DEPTH
            chosen = inner[-1] if last else self.random.choice(inner)
            return self.make(chosen, inside, depth)
        if kind == "sequence":
            return sum((self.make(p, inside, depth) for p in inner), [])
        most = 1 if kind == "option" else 2
        times = 0 if depth > MAX_DEPTH else self.random.randint(0, most)
        return sum((self.make(inner, inside, depth)
                    for _ in range(times)), [])

    def policy(self, out):
        print(self.PRELUDE, end="", file=out)
        statements = list(self.rules["statement"][1])
        self.random.shuffle(statements)
        for statement in statements:
            words = self.make(statement, "statement", 0)
            # Files are for other tests.
            if "file" not in words and words[0] != "include":
                print(" ".join(words), file=out)


GRAMMAR = read_grammar(sys.argv[1])
# The first word of each statement.
KEYWORDS = {GRAMMAR[sequence[1][0][1]][1][0][1][0][1]
            for sequence in GRAMMAR["statement"][1]}
RESERVED = KEYWORDS | {"main", "via", "drop", "and", "or", "not", "by",
                       "except", "exempt"} | set(PROTOCOLS)
if sys.argv[2] == "symbols":
    symbols(GRAMMAR)
elif sys.argv[2] == "match":
    sys.exit(match(GRAMMAR, sys.argv[3:]))
else:
    for seed in range(1, int(sys.argv[4]) + 1):
        with open(f"{sys.argv[3]}/{seed}", "w", encoding="utf-8") as file:
            Maker(GRAMMAR, seed).policy(file)
