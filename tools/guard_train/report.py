#!/usr/bin/env python3
"""report.py SEXTANT BENCH [faker]: what a score of the guard means, and whom it serves worse.

Calibration: over the labelled personal data of BENCH, the share of findings of each range of scores that cover a labelled span (half
of the union of both, of the same type), types that the sets do not label left out. Names: how many of the given names and family
names of each origin (faker's lists, MIT) are found in carrier sentences, and how often a word is told as a PERSON or changed that is
none, in sentences of several languages without any personal data."""
import collections
import json
import os
import subprocess
import sys

ALIAS = {"GPE": "LOCATION", "STREET_ADDRESS": "ADDRESS", "ZIP_CODE": "ADDRESS", "CN_ADDRESS": "ADDRESS", "DOMAIN_NAME": "URL", "PREFIX": "TITLE"}
LEARNED = {"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "AGE", "NRP", "TITLE"}
# Faker's lists (MIT) by locale; those that fall back on another's are left out.
ORIGINS = {"United States": "en_US", "Britain": "en_GB", "Ireland": "en_IE", "Irish Gaelic": "ga_IE", "India": "en_IN", "Pakistan": "en_PK", "Thai in Latin letters": "en_TH", "Nigerian": "en_NG",
           "Yoruba": "yo_NG", "Hausa": "ha_NG", "Igbo": "ig_NG", "Kenyan": "en_KE", "Swahili": "sw", "Zulu": "zu_ZA", "Algerian": "fr_DZ", "Spanish": "es_ES", "Mexican": "es_MX", "Argentine": "es_AR",
           "Brazilian": "pt_BR", "Portuguese": "pt_PT", "French": "fr_FR", "Quebec": "fr_CA", "German": "de_DE", "Austrian": "de_AT", "Italian": "it_IT", "Dutch": "nl_NL", "Flemish": "nl_BE",
           "Polish": "pl_PL", "Czech": "cs_CZ", "Slovak": "sk_SK", "Hungarian": "hu_HU", "Romanian": "ro_RO", "Croatian": "hr_HR", "Slovenian": "sl_SI", "Swedish": "sv_SE", "Danish": "da_DK",
           "Norwegian": "no_NO", "Finnish": "fi_FI", "Icelandic": "is_IS", "Estonian": "et_EE", "Lithuanian": "lt_LT", "Latvian": "lv_LV", "Turkish": "tr_TR", "Azerbaijani": "az_AZ",
           "Uzbek": "uz_UZ", "Vietnamese": "vi_VN", "Indonesian": "id_ID", "Japanese in Latin letters": "ja_JP", "Chinese in Latin letters": "zh_CN romanised", "Chinese": "zh_CN", "Greek in Greek letters": "el_GR", "Russian in Cyrillic": "ru_RU", "Korean in Hangul": "ko_KR"}
CARRIERS = ["Yesterday {} called about the invoice.", "Please forward this to {} before noon.", "The form was signed by {} and filed.", "My neighbour {} keeps bees."]
CARRIERS_ZH = ["昨天{}打电话来问发票的事。", "请把这份文件转给{}。", "联系人：{}，请尽快回复。", "客户{}已经签字。"]
PLAIN = {
    "English": ["The river rose after the storm and the bridge was closed.", "Every spring the garden needs new soil and a little patience.", "We measured the length twice and wrote it down."],
    "German": ["Der Fluss stieg nach dem Sturm, und die Brücke blieb geschlossen.", "Jedes Jahr braucht der Garten neue Erde und etwas Geduld.", "Die Straße führt am Wald vorbei zum See."],
    "French": ["La rivière est montée après l'orage et le pont a été fermé.", "Chaque printemps le jardin demande de la terre et de la patience.", "Le train part à l'heure de la gare."],
    "Spanish": ["El río creció tras la tormenta y cerraron el puente.", "Cada primavera el jardín necesita tierra nueva y paciencia.", "El libro está sobre la mesa de la cocina."],
    "Turkish": ["Fırtınadan sonra nehir yükseldi ve köprü kapatıldı.", "Her bahar bahçe yeni toprak ve sabır ister.", "Kitap mutfak masasının üzerinde duruyor."],
    "Vietnamese": ["Sau cơn bão nước sông dâng cao và cây cầu bị đóng.", "Mỗi mùa xuân khu vườn cần đất mới và sự kiên nhẫn.", "Quyển sách nằm trên bàn bếp."],
    "Chinese": ["暴雨之后河水上涨，大桥被关闭。", "每年春天花园都需要新土和耐心。", "书放在厨房的桌子上。"],
    "Japanese": ["嵐の後に川の水が増え、橋は閉鎖された。", "毎年春になると庭には新しい土が必要だ。", "本は台所の机の上にある。"],
}


def ask(command, rows):
    data = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()
    out = subprocess.run([command, "guard", "--jsonl"], input=data, stdout=subprocess.PIPE, check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def calibration(command, bench):
    bins = {"patterns": collections.defaultdict(lambda: [0, 0]), "learned": collections.defaultdict(lambda: [0, 0])}
    for name in ("pii_synth_v2", "pii_synth_large", "pii_zh"):
        rows = [json.loads(line) for line in open(os.path.join(bench, name + ".jsonl"), encoding="utf-8")]
        labelled = {ALIAS.get(s["type"], s["type"]) for r in rows for s in r["expected"]}
        for r, o in zip(rows, ask(command, [{"id": r["id"], "text": r["text"], "min_score": 0.05} for r in rows])):
            want = [(ALIAS.get(s["type"], s["type"]), s["start"], s["end"]) for s in r["expected"]]
            for f in o.get("findings", []):
                kind = ALIAS.get(f["type"], f["type"])
                if kind not in labelled:
                    continue
                right = any(t == kind and 2 * (min(e, f["end"]) - max(s, f["start"])) >= max(e, f["end"]) - min(s, f["start"]) for t, s, e in want)
                cell = bins["learned" if kind in LEARNED else "patterns"][min(int(f["score"] * 10), 9)]
                cell[0] += right
                cell[1] += 1
    print("| score | findings of patterns | right | of the recogniser | right |\n|---|---|---|---|---|")
    for b in range(10):
        cells = [bins[k][b] for k in ("patterns", "learned")]
        if cells[0][1] + cells[1][1]:
            share = ["%d | %s" % (n, "%.2f" % (x / n) if n else "-") for x, n in cells]
            print("| %.1f-%.1f | %s |" % (b / 10, (b + 1) / 10, " | ".join(share)))


def name_of(fake, locale):
    if locale == "ja_JP":
        return fake.first_romanized_name() + " " + fake.last_romanized_name()
    if locale == "zh_CN romanised":
        return fake.romanized_name()
    if locale == "vi_VN":  # without a title before it
        return " ".join(fake.name().split()[-2:])
    return fake.last_name() + fake.first_name() if locale == "zh_CN" else fake.first_name() + " " + fake.last_name()


def fairness(command):
    import faker
    print("\n| names of | found |\n|---|---|")
    for origin, locale in ORIGINS.items():
        fake = faker.Faker(locale.split()[0])
        fake.seed_instance(5)
        rows = []
        for i in range(400):
            name = name_of(fake, locale)
            carrier = (CARRIERS_ZH if locale == "zh_CN" else CARRIERS)[i % 4]
            rows.append((name, {"id": i, "text": carrier.format(name)}))
        found = 0
        for (name, row), o in zip(rows, ask(command, [r for _, r in rows])):
            start = len(row["text"][: row["text"].index(name)].encode())
            end = start + len(name.encode())
            found += any(f["type"] == "PERSON" and 2 * (min(end, f["end"]) - max(start, f["start"])) >= max(end, f["end"]) - min(start, f["start"]) for f in o["findings"])
        print("| %s | %.2f |" % (origin, found / len(rows)))
    print("\n| sentences without personal data | told as a person | changed |\n|---|---|---|")
    for language, lines in PLAIN.items():
        out = ask(command, [{"id": i, "text": t} for i, t in enumerate(lines)])
        told = sum(f["type"] == "PERSON" for o in out for f in o["findings"])
        print("| %s (%d) | %d | %d |" % (language, len(lines), told, sum(o["text"] != t for o, t in zip(out, lines))))


calibration(sys.argv[1], sys.argv[2])
if "faker" in sys.argv[3:]:
    fairness(sys.argv[1])
