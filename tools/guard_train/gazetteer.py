#!/usr/bin/env python3
"""gazetteer.py POOLS.json OUT: the recogniser's word lists as "word TAB bits" lines, lower case, bits as in tokens.h. Every eighth
name and place is left out, so that training also meets names that the lists do not know."""
import collections
import json
import re
import sys

from generate import FIRM_ENDS, PEOPLE, ZH_FAMILY, ZH_PEOPLE, ZH_PLACES

GIVEN, FAMILY, PLACE, COUNTRY, COMMON, PEOPLES, STREET, FIRM = (1 << i for i in range(8))


def main():
    p = json.load(open(sys.argv[1], encoding="utf-8"))
    bits = collections.Counter()
    out = {}

    def add(words, bit, partial=False):
        for i, w in enumerate(sorted(set(words))):
            if partial and i % 8 == 3:
                continue
            w = w.lower()
            out[w] = out.get(w, 0) | bit

    parts = lambda names: [t for n in names for t in re.findall(r"[^\W\d_]+", n) if len(t) > 1]
    given, family, place, street = list(p["us_given"]), list(p["us_family"]), parts(p["cities"]) + parts(p["states"]), []
    counts = collections.Counter()
    for group in ("latin", "native"):
        for code, d in p[group].items():
            if code.startswith(("zh", "ja")) and group == "native":
                continue
            given += parts(d["given"])
            family += parts(d["family"])
            place += parts(d.get("city", []))
            for s in d.get("street_address", []):
                counts.update(set(parts([s])))
    street = [w for w, n in counts.items() if n >= 4]
    add(given, GIVEN, True)
    add(family, FAMILY, True)
    add(place, PLACE, True)
    add(parts(p["countries"]), COUNTRY)
    add(p["words"], COMMON)
    add(PEOPLE, PEOPLES)
    add(street, STREET)
    add(parts(FIRM_ENDS), FIRM)
    add([w for w in p["zh_words"] if w not in ZH_PLACES], COMMON)
    add(ZH_PLACES + p["zh_cities"], PLACE)
    add(ZH_PEOPLE, PEOPLES)
    add(list(ZH_FAMILY) + ["欧阳", "上官", "司马", "诸葛"], FAMILY)
    for w in "的 和 在 于 及 与 是 了".split():
        out.pop(w, None)
    with open(sys.argv[2], "w", encoding="utf-8") as o:
        for w in sorted(out):
            if "\t" not in w:
                o.write(f"{w}\t{out[w]}\n")
    print(len(out), "words")


main()
