"""Requests from published sets beside the labelled rows, learned from and never counted: of a folder with copies of their repositories.

red-instruct (declare-lab, Apache-2.0): CATQA in English and Chinese, and DangerousQA (SALT-NLP, MIT). Its adversarialqa.json is
AdvBench, whose other half figures are taken on, and its HarmfulQA holds many harmless questions: neither is read. ailuminate (MLCommons,
CC BY 4.0): the demonstration set in English. self-instruct (Y. Wang et al., Apache-2.0): everyday instructions written by people."""
import csv
import json
import os


def texts(tree):
    if isinstance(tree, str):
        yield tree.strip()
    else:
        for x in tree.values() if isinstance(tree, dict) else tree:
            yield from texts(x)


def rows(folder):
    """(harm, source, text)."""
    path = lambda *p: open(os.path.join(folder, *p), encoding="utf-8")
    for name in ("catqa_english", "catqa_chinese", "dangerousqa"):
        for t in texts(json.load(path("red-instruct", "harmful_questions", name + ".json"))):
            yield 1, "more-" + name, t
    for r in csv.DictReader(path("ailuminate", "airr_official_1.0_demo_en_us_prompt_set_release.csv")):
        yield 1, "more-ailuminate", r["prompt_text"]
    for name in (("data", "seed_tasks.jsonl"), ("human_eval", "user_oriented_instructions.jsonl")):
        for line in path("self-instruct", *name):
            r = json.loads(line)
            yield 0, "more-self-instruct", r["instruction"]
            if r["instances"][0]["input"]:
                yield 0, "more-self-instruct", r["instruction"] + "\n" + r["instances"][0]["input"]
