"""ASGI middleware: what comes in with requests and what goes out with responses is redacted as it streams.

    app = RedactMiddleware(app)                                  # Starlette, FastAPI, any ASGI application
    app.add_middleware(RedactMiddleware, guard=guard)            # the same in Starlette's way

Text is held back only as long as a finding could still grow. What the policy blocks, or wants a person to look at, does not go
on: such a request is answered with 403, such a response ends where it stands. Bodies that are no text pass as they are; text that is
compressed cannot be read, so such a request is refused (415) and such a response replaced (502). WebSocket messages are
checked one by one.
"""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, List, MutableMapping, Tuple

from ._context import Context
from ._guard import Guard, GuardStream
from ._types import Decision, Direction

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = List[Tuple[bytes, bytes]]

_TEXT = {"application/json", "application/x-ndjson", "application/jsonl", "application/xml", "application/javascript",
         "application/x-www-form-urlencoded", "application/yaml"}
_REFUSED = "The guard does not let this request go on."
_LARGE = 16384  # bytes that are worth a thread


def is_text(content_type: str) -> bool:
    """Whether bodies of a Content-Type are text that the guard reads; a body that does not say is.

    >>> from sextant.asgi import is_text
    >>> is_text("text/event-stream; charset=utf-8"), is_text("application/problem+json"), is_text("image/png")
    (True, True, False)
    """
    kind = content_type.split(";", 1)[0].strip().lower()
    return not kind or kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in _TEXT


def _header(headers: Any, name: bytes) -> str:
    for key, value in headers:
        if key.lower() == name:
            return str(value.decode("latin-1"))
    return ""


def _without(headers: Any, *names: bytes) -> Headers:
    return [(key, value) for key, value in headers if key.lower() not in names]


def _compressed(headers: Any) -> bool:
    return _header(headers, b"content-encoding").strip().lower() not in ("", "identity")


class _Redactor:
    """One direction of one exchange: a guard stream in a context of its own."""

    def __init__(self, guard: Guard | None, direction: Direction) -> None:
        self.context = Context(guard=guard)
        self.direction = direction
        self.stream: GuardStream = self.context.guard_stream(direction=direction)
        self.blocked = False

    def _pass(self, piece: bytes, last: bool) -> bytes:
        out = self.stream.feed_bytes(piece) + (self.stream.finish_bytes() if last else b"")
        self.blocked = self.stream.decision not in (Decision.ALLOW, Decision.REDACT)
        return b"" if self.blocked else out

    async def feed(self, piece: bytes, last: bool) -> bytes:
        """What may go on now; nothing any more once the guard does not let the text go on."""
        if self.blocked:
            return b""
        if len(piece) < _LARGE:
            return self._pass(piece, last)
        return await asyncio.get_running_loop().run_in_executor(None, self._pass, piece, last)

    def close(self) -> None:
        self.stream.close()
        self.context.close()


async def _answer(send: Send, status: int, text: str) -> None:
    body = text.encode()
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


class _Exchange:
    """One request and its response."""

    def __init__(self, receive: Receive, send: Send, guard: Guard | None, requests: bool, responses: bool) -> None:
        self._receive, self._send = receive, send
        self.inward = _Redactor(guard, Direction.INPUT) if requests else None
        self.outward = _Redactor(guard, Direction.OUTPUT) if responses else None
        self.started = self._over = False

    def close(self) -> None:
        for redactor in (self.inward, self.outward):
            if redactor is not None:
                redactor.close()

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "http.request" or self.inward is None:
                return message
            more = bool(message.get("more_body", False))
            body = await self.inward.feed(message.get("body", b""), not more)
            if self.inward.blocked:
                return {"type": "http.disconnect"}
            if body or not more:
                return {**message, "body": body}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        elif not self._over:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        self.started = True
        if self.inward is not None and self.inward.blocked:  # whatever the application makes of its client's leaving
            self._over = True
            await _answer(self._send, 403, _REFUSED)
            return
        headers = message.get("headers", [])
        if self.outward is not None and not is_text(_header(headers, b"content-type")):
            self.outward.close()
            self.outward = None
        if self.outward is None:
            await self._send(message)
        elif _compressed(headers):
            self._over = True
            await _answer(self._send, 502, "The response is compressed, so that the guard cannot read it.")
        else:
            await self._send({**message, "headers": _without(headers, b"content-length", b"etag", b"accept-ranges")})

    async def _body(self, message: Message) -> None:
        if self._over:
            return
        if self.outward is None:
            await self._send(message)
            return
        more = bool(message.get("more_body", False))
        body = await self.outward.feed(message.get("body", b""), not more)
        self._over = self.outward.blocked or not more
        if body or self._over:
            await self._send({**message, "body": body, "more_body": not self._over})


class RedactMiddleware:
    """Wraps an ASGI application; ``guard`` is the policy (None: the default one), ``requests`` and ``responses`` say which way.

    >>> from sextant.asgi import RedactMiddleware
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     for piece in (b"Mail joe@exam", b"ple.org!"):
    ...         await send({"type": "http.response.body", "body": piece, "more_body": True})
    ...     await send({"type": "http.response.body"})
    >>> async def client(sent):
    ...     async def receive(): return {"type": "http.request"}
    ...     async def send(message): sent.append(message.get("body", b""))
    ...     await RedactMiddleware(app)({"type": "http", "headers": []}, receive, send)
    ...     return b"".join(sent)
    >>> import asyncio
    >>> asyncio.run(client([]))
    b'Mail <EMAIL_ADDRESS>!'
    """

    def __init__(self, app: Application, guard: Guard | None = None, *, requests: bool = True, responses: bool = True) -> None:
        self.app = app
        self.guard = guard
        self.requests = requests
        self.responses = responses

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", [])
        requests = self.requests and is_text(_header(headers, b"content-type"))
        if requests and _compressed(headers):
            await _answer(send, 415, "The guard reads no compressed requests.")
            return
        # an application that hands a file over by its name or descriptor would go around the guard
        extensions = {name: value for name, value in (scope.get("extensions") or {}).items()
                      if name not in ("http.response.pathsend", "http.response.zerocopysend")}
        scope = {**scope, "extensions": extensions}
        if requests:
            scope["headers"] = _without(headers, b"content-length")
        exchange = _Exchange(receive, send, self.guard, requests, self.responses)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception:
            if exchange.inward is None or not exchange.inward.blocked:
                raise  # else the application complains that its client left, which we told it
        finally:
            exchange.close()
        if exchange.inward is not None and exchange.inward.blocked and not exchange.started:
            await _answer(send, 403, _REFUSED)

    async def _websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        with Context(guard=self.guard) as inward, Context(guard=self.guard) as outward:

            async def checked(context: Context, message: Message, direction: Direction) -> Message | None:
                if message.get("text") is None:
                    return message
                verdict = context.check(message["text"], direction=direction)
                return {**message, "text": verdict.text} if verdict.allowed else None

            async def receive_checked() -> Message:
                message = await receive()
                if not self.requests or message["type"] != "websocket.receive":
                    return message
                made = await checked(inward, message, Direction.INPUT)
                return made if made is not None else {"type": "websocket.disconnect", "code": 1008}

            async def send_checked(message: Message) -> None:
                made: Message | None = message
                if self.responses and message["type"] == "websocket.send":
                    made = await checked(outward, message, Direction.OUTPUT)
                await send(made if made is not None else {"type": "websocket.close", "code": 1008})

            await self.app(scope, receive_checked, send_checked)
