"""A scripted OpenAI-compatible server on loopback, for tests that need a real socket.

    with LLMServer(label=lambda text: "question" if "?" in text else "statement") as server:
        ...  # server.base_url is the address, server.requests what it was asked

It labels each message that it finds in the prompt with `label`, after `latency` seconds. Whatever
stands in `script` is played first, one entry a request: a `Reply`, or a function of the `Request`
that makes one. `guard` sees every request before that and may answer in its place (a rate limit,
say), without using up the script. The server runs in its own thread.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Request:
    """A chat completion request: when it came (monotonic seconds), and what it held."""

    at: float
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def messages(self) -> dict[str, dict[str, str]]:
        """The messages to label, by the id they have in the prompt."""
        lines = [line for line in self.prompt.split("\n") if line.startswith('{"id": ')]
        return {item["id"]: item for item in map(json.loads, lines)}


@dataclass(frozen=True)
class Reply:
    """What to send back; `cut` closes the connection after so many bytes of the body."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay: float = 0.0
    cut: int | None = None
    drip: float = 0.0
    """Seconds between single bytes of the body."""


Script = Reply | Callable[[Request], Reply]


def completion(text: str | None, finish_reason: str = "stop", **message: object) -> Reply:
    """A normal reply whose message is `text`."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish_reason,
    }
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    body = {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": usage}
    return Reply(json.dumps(body).encode())


def with_logprobs(reply: Reply, tokens: list[tuple[str, float]]) -> Reply:
    """The same reply with its tokens and their log probabilities."""
    body = json.loads(reply.body)
    content = [{"token": token, "logprob": logprob} for token, logprob in tokens]
    body["choices"][0]["logprobs"] = {"content": content}
    return replace(reply, body=json.dumps(body).encode())


def error(status: int, message: str = "", code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI sends it; `retry_after="1"` becomes the header Retry-After."""
    body = json.dumps({"error": {"message": message, "type": None, "code": code}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body, status, {"content-type": "application/json", **named})


def html(status: int = 200) -> Reply:
    """A proxy's error page."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Oops</h1></body></html>"
    return Reply(page, status, {"content-type": "text/html"})


class LLMServer:
    """See the module. `key` makes it answer 401 to any other key; `refuses` names request fields.

    A request that holds a field in `refuses` (such as `response_format`) gets a 400 that names it.
    """

    def __init__(
        self,
        label: Callable[[str], str] = lambda text: "statement",
        script: Iterable[Script] = (),
        guard: Callable[[Request], Reply | None] = lambda request: None,
        latency: float = 0.0,
        key: str | None = None,
        refuses: frozenset[str] = frozenset(),
    ) -> None:
        self.label = label
        self.script = deque(script)
        self.guard = guard
        self.latency = latency
        self.key = key
        self.refuses = refuses
        self.requests: list[Request] = []
        self.count = 0
        self.keep = True
        """Whether `requests` holds them, or `count` alone grows."""
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> LLMServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def answer(self, request: Request) -> Reply:
        """The reply of a server in good health, in the format that was asked for."""
        labels = {key: self.label(item["message"]) for key, item in request.messages.items()}
        if "response_format" in request.body:
            return completion(json.dumps(labels))
        return completion("\n".join(f"{key}: {category}" for key, category in labels.items()))

    def _reply(self, request: Request) -> Reply:
        guarded = self.guard(request)
        if guarded is not None:
            return guarded
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return error(401, "Incorrect API key provided", "invalid_api_key")
        refused = self.refuses & request.body.keys()
        if refused:
            return error(400, f"'{min(refused)}' is not supported with this model")
        if self.script:
            entry = self.script.popleft()
            return entry(request) if callable(entry) else entry
        return self.answer(request)

    def route(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """The reply to anything that comes in."""
        if method != "POST":
            models = {"object": "list", "data": [{"id": "small", "object": "model"}]}
            return Reply(json.dumps(models).encode())
        request = Request(time.monotonic(), headers, json.loads(body))
        self.count += 1
        if self.keep:
            self.requests.append(request)
        return self._reply(request)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may be used again."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = head[0].split(" ", 2)
        reply = self.route(method, path, headers, body)
        await asyncio.sleep(self.latency + reply.delay)
        lines = [f"HTTP/1.1 {reply.status} Scripted", f"content-length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body[: self._whole(reply)])
        await writer.drain()
        if reply.drip:
            for byte in reply.body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(reply.drip)
        return reply.cut is None

    @staticmethod
    def _whole(reply: Reply) -> int | None:
        return 0 if reply.drip else reply.cut
