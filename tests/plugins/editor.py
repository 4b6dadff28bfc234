"""editor.py: a client as an editor's extension would be, against examples/stdio.py. Reads as lines come, in any chunking."""
import json
import os
import subprocess
import sys
import unittest

HELPER = os.path.join(os.environ["SEXTANT_SOURCE"], "examples", "stdio.py")
HANDBOOK = "# Handbook\n\n## 1. Leave\n\nEmployees receive 25 days of paid annual leave per year.\n"
QUESTION = "How many days of annual leave do employees receive?"


class Editor:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-X", "dev", "-W", "error", HELPER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)

    def send(self, *calls):
        self.raw(b"".join(json.dumps(call).encode() + b"\n" for call in calls))

    def raw(self, data):
        size = 7 if len(data) < 2000 else 65536  # a pipe keeps no messages together
        for at in range(0, len(data), size):
            self.process.stdin.write(data[at:at + size])

    def end(self):
        out, err = self.process.communicate(timeout=60)
        return [json.loads(line) for line in out.decode().splitlines()], err.decode(), self.process.returncode


def call(id, method, **params):
    return {"id": id, "method": method, "params": params}


class Talk(unittest.TestCase):
    def talk(self, *calls):
        editor = Editor()
        editor.send(*calls)
        lines, err, status = editor.end()
        self.assertEqual((err, status), ("", 0))
        return lines

    def last(self, lines, id):
        return [line for line in lines if line["id"] == id][-1]

    def test_answers_in_pieces(self):
        lines = self.talk(call(1, "ingest", name="h.md", text=HANDBOOK), call(2, "ask", question=QUESTION),
                          call("three", "redact", text="Mail joe@example.org"))
        self.assertEqual(self.last(lines, 1)["result"], {"documents": 1})
        answer = self.last(lines, 2)["result"]
        self.assertIn("25 days", answer["text"])
        self.assertEqual("".join(line["piece"] for line in lines if line["id"] == 2 and "piece" in line), answer["text"])
        self.assertEqual(answer["citations"][0]["doc"], "h.md")
        redacted = self.last(lines, "three")["result"]
        self.assertEqual(redacted["text"], "Mail <EMAIL_ADDRESS>")
        self.assertEqual(redacted["findings"], [{"type": "EMAIL_ADDRESS", "start": 5, "end": 20}])

    def test_goes_on_after_nonsense(self):
        editor = Editor()
        editor.raw(b"not json\n[1]\n{\"id\": 5}\n")
        editor.send(call(6, "dance"), call(7, "ask", wrong="x"), call(8, "ingest", file="no/such/file.md"),
                    call(9, "redact", text="plain"))
        lines, err, status = editor.end()
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([line["id"] for line in lines], [None, None, None, 6, 7, 8, 9])
        self.assertTrue(all("error" in line for line in lines[:-1]))
        self.assertEqual(self.last(lines, 8)["error"]["code"], -5)  # LLM_E_NOT_FOUND

    def test_a_cancel_is_heard_while_a_call_runs(self):
        text = "mail joe@example.org or 4111 1111 1111 1111, " * 40000
        lines = self.talk(call(1, "redact", text=text), call(2, "redact", text="soon"),
                          {"method": "cancel", "params": {"id": 2}}, call(3, "redact", text="after"))
        self.assertEqual(self.last(lines, 2)["error"]["code"], -10)
        self.assertEqual(self.last(lines, 3)["result"]["text"], "after")


if __name__ == "__main__":
    unittest.main()
