"""The adapters against the packages they are for: langchain-core, llama-index-core, and for ASGI an application by hand, one of
Starlette's, and a server of uvicorn's. What is not installed is skipped; with SX_ADAPTERS=all that is a failure."""

import asyncio
import importlib.util
import os
import socket
import threading
import time
import unittest

import sextant
from sextant.asgi import RedactMiddleware

MODEL = os.environ.get("SX_TINY_MODEL", "")
HANDBOOK = "# Leave\n\nWe have 25 days of annual leave. It lapses in March.\n\n# Contact\n\nPayroll sits at payroll@example.org."
QUESTION = "How many days of annual leave do we have?"


def needs(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("SX_ADAPTERS") == "all":
        raise SystemExit(f"SX_ADAPTERS=all, but there is no {', '.join(missing)}")
    if missing:
        print(f"SKIPPED: {', '.join(missing)} is not installed, so its adapter is not tested")
    return unittest.skipIf(missing, f"{', '.join(missing)} is not installed")


def handbook():
    corpus = sextant.Corpus()
    corpus.ingest("handbook.md", HANDBOOK)
    return corpus


@needs("langchain_core")
class LangChain(unittest.TestCase):
    def setUp(self):
        self.corpus = handbook()
        self.addCleanup(self.corpus.close)

    def test_retriever(self):
        from langchain_core.documents import Document
        from sextant.langchain import SextantRetriever

        retriever = SextantRetriever(corpus=self.corpus, top=2)
        documents = retriever.invoke(QUESTION)
        self.assertIsInstance(documents[0], Document)
        self.assertIn("25 days", documents[0].page_content)
        facts = documents[0].metadata
        self.assertEqual((facts["source"], facts["page"]), ("handbook.md", 0))
        self.assertGreater(facts["confidence"], 0.5)
        with self.corpus.tree("handbook.md") as tree:
            self.assertEqual(tree.data[facts["start"]:facts["end"]].decode(), documents[0].page_content)
        self.assertEqual(asyncio.run(retriever.ainvoke(QUESTION)), documents)
        self.assertEqual(retriever.batch([QUESTION] * 4), [documents] * 4)
        self.assertEqual(SextantRetriever(corpus=self.corpus, min_confidence=0.99).invoke("What boils molybdenum?"), [])
        chain = retriever | (lambda found: found[0].metadata["node"])
        self.assertEqual(chain.invoke(QUESTION), facts["node"])

    def test_guarded_retriever(self):
        from sextant.langchain import SextantRetriever

        with sextant.Guard() as guard, sextant.Guard(default_action=sextant.Action.BLOCK) as strict:
            mild = SextantRetriever(corpus=self.corpus, guard=guard).invoke("Where does payroll sit?")
            self.assertIn("<EMAIL_ADDRESS>", "".join(d.page_content for d in mild))
            left = SextantRetriever(corpus=self.corpus, guard=strict).invoke("Where does payroll sit?")
            self.assertLess(len(left), len(mild))

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to generate with")
    def test_llm(self):
        from sextant.langchain import SextantLLM, SextantRetriever

        with sextant.Model(MODEL, threads=1) as model, sextant.Context(model) as ctx:
            with ctx.generate("the captain", max_tokens=12) as reply:
                want = reply.read()
            llm = SextantLLM(model=model, max_tokens=12)
            self.assertEqual(llm.invoke("the captain"), want)
            pieces = list(llm.stream("the captain"))
            self.assertEqual("".join(pieces), want)
            self.assertGreater(len(pieces), 3)
            self.assertEqual(asyncio.run(llm.ainvoke("the captain")), want)

            async def pull():
                return [piece async for piece in llm.astream("the captain")]

            self.assertEqual("".join(asyncio.run(pull())), want)
            self.assertEqual(llm.batch(["the captain"] * 3), [want] * 3)
            word = want.split()[2]
            self.assertNotIn(word, llm.invoke("the captain", stop=[word]))
            self.assertIn(llm.invoke("the captain", grammar='root ::= "yes" | "no"'), ("yes", "no"))
            self.assertIn('"max_tokens": 12'.replace('"', "'"), str(llm))
            judged = SextantRetriever(corpus=self.corpus, judge=model).invoke(QUESTION)
            self.assertTrue(judged)

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to generate with")
    def test_cancelled_task_stops_the_model(self):
        from sextant.langchain import SextantLLM

        async def main(llm):
            task = asyncio.create_task(llm.ainvoke("the captain"))
            for _ in range(3):
                await asyncio.sleep(0)  # it has begun
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        with sextant.Model(MODEL, threads=1) as model:
            asyncio.run(main(SextantLLM(model=model, max_tokens=100000, options={"ignore_eos": True})))


@needs("llama_index.core") if importlib.util.find_spec("llama_index") else needs("llama_index")
class LlamaIndex(unittest.TestCase):
    def test_retriever(self):
        from llama_index.core.schema import NodeWithScore
        from sextant.llamaindex import SextantRetriever

        with handbook() as corpus, sextant.Guard() as guard:
            retriever = SextantRetriever(corpus, top=2)
            nodes = retriever.retrieve(QUESTION)
            self.assertIsInstance(nodes[0], NodeWithScore)
            self.assertIn("25 days", nodes[0].get_content())
            self.assertEqual(nodes[0].node.node_id, f"handbook.md#{nodes[0].metadata['node']}")
            self.assertTrue(all(a.score >= b.score for a, b in zip(nodes, nodes[1:])))
            again = asyncio.run(retriever.aretrieve(QUESTION))
            self.assertEqual([n.node.node_id for n in again], [n.node.node_id for n in nodes])
            mild = SextantRetriever(corpus, guard=guard).retrieve("Where does payroll sit?")
            self.assertIn("<EMAIL_ADDRESS>", "".join(n.get_content() for n in mild))


def call(app, pieces=(b"",), kind=b"text/plain", headers=(), scope=None):
    """One exchange with an ASGI application: status, headers, the pieces of the body."""
    waiting = [{"type": "http.request", "body": p, "more_body": i + 1 < len(pieces)} for i, p in enumerate(pieces)]
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    full = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind), *headers], **(scope or {})}
    asyncio.run(app(full, receive, send))
    bodies = [m.get("body", b"") for m in sent if m["type"] == "http.response.body"]
    assert [m.get("more_body", False) for m in sent if m["type"] == "http.response.body"] == [True] * (len(bodies) - 1) + [False]
    return sent[0]["status"], dict(sent[0]["headers"]), bodies


def echo(kind=b"text/plain", size=5, extra=()):
    """Answers with the body it was sent, in small pieces, and an address of its own behind it."""

    async def app(scope, receive, send):
        app.scope = scope
        text = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RuntimeError("the client left")
            text += message["body"]
            if not message.get("more_body"):
                break
        app.heard = text
        text += b" from jane@example.org!"
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", kind), (b"content-length", b"%d" % len(text)), *extra]})
        for at in range(0, len(text), size):
            await send({"type": "http.response.body", "body": text[at:at + size], "more_body": True})
        await send({"type": "http.response.body"})

    return app


class Asgi(unittest.TestCase):
    BODY = "电话13800138000, mail joe@example.org".encode()
    CLEAN = "电话<CN_MOBILE>, mail <EMAIL_ADDRESS>".encode()

    def test_any_cut_of_request_and_response(self):
        for cut in (1, 2, 7, 1000):
            app = echo(size=cut)
            pieces = [self.BODY[i:i + cut] for i in range(0, len(self.BODY), cut)]
            status, headers, bodies = call(RedactMiddleware(app), pieces, headers=[(b"content-length", b"99")])
            self.assertEqual((status, b"".join(bodies)), (200, self.CLEAN + b" from <EMAIL_ADDRESS>!"), cut)
            self.assertNotIn(b"content-length", headers)
            self.assertNotIn(b"content-length", dict(app.scope["headers"]))

    def test_one_way_only(self):
        app = echo()
        bodies = call(RedactMiddleware(app, requests=False), [self.BODY])[2]
        self.assertEqual((app.heard, b"".join(bodies)), (self.BODY, self.CLEAN + b" from <EMAIL_ADDRESS>!"))
        bodies = call(RedactMiddleware(echo(), responses=False), [self.BODY])[2]
        self.assertEqual(b"".join(bodies), self.CLEAN + b" from jane@example.org!")

    def test_large_pieces_go_to_a_thread(self):
        body = b"word " * 8000 + self.BODY
        self.assertEqual(b"".join(call(RedactMiddleware(echo(size=50000)), [body])[2]),
                         b"word " * 8000 + self.CLEAN + b" from <EMAIL_ADDRESS>!")

    def test_what_is_no_text_passes(self):
        status, headers, bodies = call(RedactMiddleware(echo(kind=b"image/png")), [self.BODY], kind=b"application/octet-stream")
        self.assertEqual(b"".join(bodies), self.BODY + b" from jane@example.org!")
        self.assertIn(b"content-length", headers)

    def test_compressed_text_does_not(self):
        gzip = [(b"content-encoding", b"gzip")]
        self.assertEqual(call(RedactMiddleware(echo()), [b"x"], headers=gzip)[0], 415)
        status, _, bodies = call(RedactMiddleware(echo(extra=gzip)), [b"x"])
        self.assertEqual(status, 502)
        self.assertNotIn(b"jane", b"".join(bodies))

    def test_blocked(self):
        with sextant.Guard(actions={"EMAIL_ADDRESS": sextant.Action.BLOCK}) as guard:
            app = RedactMiddleware(echo(), guard)
            status, _, bodies = call(app, [b"mail joe@example.org ", b"please"])
            self.assertEqual((status, bodies), (403, [b"The guard does not let this request go on."]))
            status, _, bodies = call(app, [b"Hello"])
            self.assertEqual(status, 200)
            self.assertNotIn(b"jane", b"".join(bodies))

    def test_the_applications_own_failures_stay(self):
        async def app(scope, receive, send):
            raise KeyError("mine")

        with self.assertRaises(KeyError):
            call(RedactMiddleware(app))

    def test_no_way_around(self):
        app = echo()
        call(RedactMiddleware(app), scope={"extensions": {"http.response.pathsend": {}, "http.response.trailers": {}}})
        self.assertEqual(list(app.scope["extensions"]), ["http.response.trailers"])

    def test_lifespan_passes(self):
        async def app(scope, receive, send):
            seen.append((scope["type"], receive, send))

        seen = []
        asyncio.run(RedactMiddleware(app)({"type": "lifespan"}, 1, 2))
        self.assertEqual(seen, [("lifespan", 1, 2)])

    def test_websocket(self):
        async def app(scope, receive, send):
            text = (await receive())["text"]
            await send({"type": "websocket.send", "text": text + " from jane@example.org"})

        async def main():
            async def receive():
                return {"type": "websocket.receive", "text": "I am joe@example.org"}

            async def send(message):
                sent.append(message)

            await RedactMiddleware(app)({"type": "websocket"}, receive, send)

        sent = []
        asyncio.run(main())
        self.assertEqual(sent, [{"type": "websocket.send", "text": "I am <EMAIL_ADDRESS> from <EMAIL_ADDRESS>"}])


@needs("starlette", "uvicorn", "httpx")
class AsgiServer(unittest.TestCase):
    """A real application behind a real server, over a socket."""

    @classmethod
    def setUpClass(cls):
        import uvicorn
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.responses import JSONResponse, StreamingResponse
        from starlette.routing import Route

        async def heard(request):
            return JSONResponse({"heard": (await request.json())["text"], "ask": "jane@example.org"})

        async def events(request):
            async def made():
                for i in range(200):
                    for piece in (f"data: {i} for jo", "e@exam", "ple.org\n\n"):
                        yield piece
                        await asyncio.sleep(0)

            return StreamingResponse(made(), media_type="text/event-stream")

        cls.guard = sextant.Guard(actions={"CREDIT_CARD": sextant.Action.BLOCK})
        app = Starlette(routes=[Route("/heard", heard, methods=["POST"]), Route("/events", events)],
                        middleware=[Middleware(RedactMiddleware, guard=cls.guard)])
        cls.socket = socket.socket()
        cls.socket.bind(("127.0.0.1", 0))
        cls.url = f"http://127.0.0.1:{cls.socket.getsockname()[1]}"
        cls.server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        cls.thread = threading.Thread(target=cls.server.run, kwargs={"sockets": [cls.socket]})
        cls.thread.start()
        while not cls.server.started:
            time.sleep(0.01)

    @classmethod
    def tearDownClass(cls):
        cls.server.should_exit = True
        cls.thread.join()
        cls.socket.close()
        cls.guard.close()

    def test_json(self):
        import httpx

        answer = httpx.post(self.url + "/heard", json={"text": "I am joe@example.org"})
        self.assertEqual(answer.json(), {"heard": "I am <EMAIL_ADDRESS>", "ask": "<EMAIL_ADDRESS>"})
        self.assertEqual(httpx.post(self.url + "/heard", json={"text": "4111 1111 1111 1111"}).status_code, 403)

    def test_streams_side_by_side(self):
        import httpx

        want = "".join(f"data: {i} for <EMAIL_ADDRESS>\n\n" for i in range(200))

        async def pull(client):
            async with client.stream("GET", self.url + "/events") as answer:
                return [piece async for piece in answer.aiter_text()]

        async def main():
            async with httpx.AsyncClient(timeout=60) as client:
                return await asyncio.gather(*(pull(client) for _ in range(8)))

        for pieces in asyncio.run(main()):
            self.assertEqual("".join(pieces), want)
            self.assertGreater(len(pieces), 10)


if __name__ == "__main__":
    unittest.main()
