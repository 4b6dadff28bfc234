"""stdio.py: a helper process for editors. One JSON object per line in, one or more per line out; nothing else is printed.

    {"id": 1, "method": "ingest", "params": {"name": "notes.md", "text": "..."}}      or {"file": "notes.md"}
    {"id": 2, "method": "ask", "params": {"question": "..."}}      {"id": 2, "piece": "..."} for each piece, then the result
    {"id": 3, "method": "redact", "params": {"text": "..."}}
    {"method": "cancel", "params": {"id": 2}}                      ends a call that waits or runs; its error has the code -10

The last line of a call is {"id", "result"} or {"id", "error": {"code", "message"}}. Calls run one after the other while the
helper goes on reading, so that a cancel is heard. The end of the input ends the helper once all calls have been answered.
"""

import json
import os
import queue
import sys
import threading
from typing import Any, Dict, Tuple

import sextant

Call = Tuple[Any, str, Dict[str, Any], sextant.Cancel]


class Helper:
    def __init__(self) -> None:
        self.corpus = sextant.Corpus()
        self.context = sextant.Context(corpus=self.corpus)
        self.calls: "queue.Queue[Call | None]" = queue.Queue()
        self.open: Dict[Any, sextant.Cancel] = {}
        self.out = threading.Lock()

    def say(self, **line: Any) -> None:
        with self.out:
            try:
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
                sys.stdout.flush()
            except BrokenPipeError:  # the editor has gone; its end of the input will come
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def ingest(self, id: Any, cancel: sextant.Cancel, file: str = "", name: str = "", text: str = "") -> Dict[str, Any]:
        if file:
            self.corpus.ingest_file(file, cancel=cancel)
        else:
            self.corpus.ingest(name, text, cancel=cancel)
        return {"documents": len(self.corpus.docs())}

    def ask(self, id: Any, cancel: sextant.Cancel, question: str) -> Dict[str, Any]:
        with self.context.retrieve(question, cancel=cancel) as evidence:
            with self.context.generate(question, evidence, cancel=cancel) as reply:
                for piece in reply:
                    self.say(id=id, piece=piece)
                cited = [{"doc": c.doc, "node": c.node, "start": c.start, "end": c.end} for c in reply.citations]
                return {"text": reply.text, "finish": reply.finish.name.lower(), "citations": cited}

    def redact(self, id: Any, cancel: sextant.Cancel, text: str) -> Dict[str, Any]:
        verdict = self.context.check(text, cancel=cancel)
        found = [{"type": f.type, "start": f.start, "end": f.end} for f in verdict.findings]
        return {"text": verdict.text, "findings": found}

    def run(self, id: Any, method: str, params: Dict[str, Any], cancel: sextant.Cancel) -> None:
        try:
            if cancel.is_set:
                self.say(id=id, error={"code": -10, "message": "the call was cancelled before it began"})
                return
            if method not in ("ingest", "ask", "redact"):
                raise ValueError(f"there is no method {method!r}; there are ingest, ask, redact and cancel")
            self.say(id=id, result=getattr(self, method)(id, cancel, **params))
        except sextant.SextantError as problem:
            self.say(id=id, error={"code": problem.code, "message": str(problem)})
        except (TypeError, ValueError) as problem:
            self.say(id=id, error={"code": -1, "message": str(problem)})
        finally:
            self.open.pop(id, None)

    def work(self) -> None:
        while (call := self.calls.get()) is not None:
            self.run(*call)

    def hear(self, line: bytes) -> None:
        try:
            call = json.loads(line)
            method, params, id = call["method"], call.get("params", {}), call.get("id")
            if method == "cancel":
                token = self.open.get(params["id"])
                if token is not None:
                    token.set()
                return
            self.open[id] = token = sextant.Cancel()
            self.calls.put((id, method, params, token))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
            self.say(id=None, error={"code": -1, "message": f"not a call: {problem}"})


def main() -> None:
    helper = Helper()
    worker = threading.Thread(target=helper.work)
    worker.start()
    try:
        for line in sys.stdin.buffer:  # bytes: a line that is no text is an answer, not the end
            helper.hear(line)
    finally:
        helper.calls.put(None)
        worker.join()
    helper.context.close()
    helper.corpus.close()


if __name__ == "__main__":
    main()
