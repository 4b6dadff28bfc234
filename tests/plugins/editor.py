"""editor.py: a client as an editor's extension would be, against examples/stdio.py. Reads as lines come, in any chunking."""
import json
import os
import queue
import subprocess
import sys
import threading
import time
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

    def listen(self):
        """From now on lines are taken as they come, as an editor's event loop does."""
        self.heard = queue.Queue()

        def read():
            for line in self.process.stdout:  # the last one may be cut
                if line.endswith(b"\n"):
                    self.heard.put(json.loads(line))

        self.listener = threading.Thread(target=read, daemon=True)
        self.listener.start()

    def wait(self, id):
        """The last line of a call; its pieces are passed over."""
        while True:
            line = self.heard.get(timeout=60)
            if line["id"] == id and "piece" not in line:
                return line

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.listener.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()

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

    def test_a_running_call_is_cancelled_and_the_next_one_served(self):
        editor = Editor()
        editor.listen()
        for size in (1, 4, 16):  # until the cancel falls into the call
            editor.send(call(size, "redact", text="mail joe@example.org or 4111 1111 1111 1111, " * (size * 50000)))
            time.sleep(0.2)
            editor.send({"method": "cancel", "params": {"id": size}})
            ended = editor.wait(size)
            if "error" in ended and "before it began" not in ended["error"]["message"]:
                break
        self.assertEqual(ended["error"]["code"], -10)
        editor.send(call("next", "redact", text="joe@example.org"))
        self.assertEqual(editor.wait("next")["result"]["text"], "<EMAIL_ADDRESS>")
        editor.process.stdin.close()
        self.assertEqual((editor.process.wait(60), editor.process.stderr.read()), (0, b""))
        editor.process.stderr.close()
        editor.process.stdout.close()

    def test_broken_lines(self):
        editor = Editor()
        editor.raw(b"\n\xff\xfe\r\n" + b"[" * 100000 + b"\n{\"id\": [], \"method\": \"redact\"}\n"
                   b"{\"id\": 1, \"method\": \"redact\", \"params\": [1]}\r\n"
                   b"{\"id\": 2, \"method\": \"redact\", \"params\": {\"text\": 5}}\n"
                   b"{\"id\": 3, \"method\": \"cancel\"}\n"
                   b"{\"id\": 4, \"method\": \"redact\", \"params\": {\"text\": \"joe@example.org\"}}\r\n"
                   b"{\"id\": 5, \"method\": \"red")  # and the editor ends in the midst of a line
        lines, err, status = editor.end()
        self.assertEqual((err, status), ("", 0))
        self.assertEqual(self.last(lines, 4)["result"]["text"], "<EMAIL_ADDRESS>")
        self.assertEqual(len(lines), 9, lines)  # one answer each
        self.assertTrue(all("error" in line for line in lines if line["id"] != 4))

    def test_a_helper_that_died_is_started_again(self):
        editor = Editor()
        editor.listen()
        editor.send(call(1, "ingest", name="h.md", text=HANDBOOK))
        editor.wait(1)
        editor.send(call(2, "redact", text="joe@example.org " * 100000))
        editor.kill()
        again = Editor()  # the editor gives its documents once more
        again.listen()
        again.send(call(1, "ingest", name="h.md", text=HANDBOOK), call(2, "ask", question=QUESTION))
        self.assertIn("25 days", again.wait(2)["result"]["text"])
        again.kill()

    def test_an_editor_that_died_is_no_fault(self):
        editor = Editor()
        editor.process.stdout.close()
        editor.send(call(3, "redact", text="x"), call(4, "redact", text="y"))
        editor.process.stdin.close()
        self.assertEqual((editor.process.wait(60), editor.process.stderr.read()), (0, b""))
        editor.process.stderr.close()


if __name__ == "__main__":
    unittest.main()
