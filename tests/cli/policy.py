"""Good and bad policies before the published schema and before the library: where the schema says no, the library must too."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    jsonschema = None

COMMAND, SOURCE = sys.argv[1], sys.argv[2]

GOOD = [
    {},
    {"version": 1, "comment": "none", "default": "mask", "min_score": 0.4, "max_hold": 4096},
    {"preset": "gdpr"},
    {"preset": ["pci", "gdpr"], "rules": [{"types": "@card", "action": "remove"}]},
    {"types": ["EMAIL_ADDRESS", "DE_*", "@contact"]},
    {"actions": {"EMAIL_ADDRESS": "replace", "BLOCKED": "block"}, "words": ["falcon", "青鸟"]},
    {"rules": [{"types": ["CREDIT_CARD"], "directions": "output", "min_score": 0.6, "action": "mask", "keep_first": 6,
                "keep_last": 4, "mask_with": "•", "label": "pan", "source": "3.4.1"}]},
    {"custom": [{"type": "EMPLOYEE_ID", "patterns": ["E\\d{5}", {"pattern": "\\d{8}", "check": "luhn", "number": True}],
                 "context": ["employee"], "score": 0.4, "score_in_context": 0.9, "words": ["boss"]}]},
    {"allow": ["info@example.org", {"value": "*@example.com", "types": ["EMAIL_ADDRESS"]}]},
    {"allow": [{"pattern": "(?i)[a-z.]+@example\\.(org|com)", "types": ["EMAIL_ADDRESS", "@network"], "comment": "ours"},
               {"pattern": "10\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}"}]},
]
BAD = [
    [],
    {"defualt": "mask"},
    {"version": 2},
    {"default": "shred"},
    {"min_score": 1.5},
    {"preset": "dsgvo"},
    {"rules": {}},
    {"rules": [{"action": "mask"}]},
    {"rules": [{"types": "URL", "action": "mask", "min_score": -1}]},
    {"rules": [{"types": "URL", "action": "mask", "directions": ["up"]}]},
    {"rules": [{"types": "URL", "action": "mask", "mask_with": "ab"}]},
    {"custom": [{"patterns": ["a"]}]},
    {"custom": [{"type": "lower"}]},
    {"custom": [{"type": "A", "check": "crc32"}]},
    {"custom": [{"type": "A", "patterns": [{"name": "x"}]}]},
    {"words": [""]},
    {"word_files": ["../etc"]},
    {"allow": [{"types": ["URL"]}]},
    {"allow": [{"pattern": "a", "value": "b"}]},
    {"allow": [{"pattern": ""}]},
    {"allow": [{"pattern": ["a"]}]},
]
ONLY_LIBRARY = [  # what no schema can know
    {"rules": [{"types": "NO_SUCH", "action": "mask"}]},
    {"custom": [{"type": "A", "patterns": ["(a"]}]},
    {"allow": [{"pattern": "(a"}]},
]


def library_takes(policy: object) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(policy, file)
        file.flush()
        done = subprocess.run([COMMAND, "policy", "check", file.name], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done
    if done.returncode:
        assert "line 1, column" in done.stderr, done.stderr
    return done.returncode == 0


def main() -> None:
    presets = subprocess.run([COMMAND, "policy", "list"], capture_output=True, text=True, check=True).stdout.split()
    shown = [json.loads(subprocess.run([COMMAND, "policy", "show", name], capture_output=True, text=True, check=True).stdout)
             for name in presets]
    for policy in GOOD + shown:
        assert library_takes(policy), policy
    for policy in BAD + ONLY_LIBRARY:
        assert not library_takes(policy), policy
    for preset in shown:
        assert all("source" in part for part in preset["rules"] + preset.get("custom", [])), "every rule names its source"
    with open(os.path.join(SOURCE, "docs", "policies.md"), encoding="utf-8") as file:
        text = file.read()
    for preset in shown:
        for rule in preset["rules"]:
            assert rule["source"].split(":")[0] in text, f"docs/policies.md lacks {rule['source']}"
    if jsonschema is None:
        print("the schema was not tried: python3-jsonschema is not installed")
        return
    with open(os.path.join(SOURCE, "share", "policy.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for policy in GOOD + shown + ONLY_LIBRARY:
        validator.validate(policy)
    for policy in BAD:
        assert not validator.is_valid(policy), policy


main()
