"""The app in a browser: textual-serve behind a secret path, on this machine alone."""

from __future__ import annotations

import asyncio
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stdout
from html import escape
from pathlib import Path
from shlex import join
from string import Template
from typing import Any

from catreview.errors import ConfigError
from catreview.tui.told import PRELUDE, packet

HOST = "127.0.0.1"
GRACE_SECONDS = 0.2
"""For the event loop to notice that the apps' processes have ended."""
PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
"""In the place of textual-serve's, which asks Google for a font and outgrows a smaller window."""
DRIVER = "catreview.tui.page:PageDriver"
NOT_BEGUN = (
    "catreview could not begin. Why stands in the terminal where catreview serve was started."
    "\r\n\r\nMend that, then open this page again."
)
NOT_FOUND = (
    "Nothing is here. The address that `catreview serve` printed last is the one that opens."
)
HEADERS = {
    # In the sandbox a click on a link in a message opens nothing: nobody is told who reads it.
    "Content-Security-Policy": (
        "sandbox allow-scripts allow-same-origin;"
        " default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws://127.0.0.1:{port};"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def serve(command: Sequence[str], port: int, title: str, ready: Callable[[str], None]) -> None:
    """Serve what `command` opens, one process for each page, until Ctrl-C.

    Only this machine is listened to, and every path but the one with the secret is not found.
    Port 0 is any free one. `ready` is called with the address. What an app says when it ends
    goes to stderr.

    Raises:
        ConfigError: textual-serve is not installed, or the port is taken.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ModuleNotFoundError as error:
        raise ConfigError(
            "textual-serve is not installed.", "Install it: pip install 'catreview[serve]'"
        ) from error
    listening = _listen(port)
    port = listening.getsockname()[1]
    secret = secrets.token_urlsafe(24)
    server = Server(f"TEXTUAL_DRIVER={DRIVER} {join(command)}; {_goodbye()}", HOST, port)
    pages = _Pages(server.handle_websocket)
    html = PAGE.substitute(title=escape(title))

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    async def not_found(_: web.Request) -> web.Response:
        return web.Response(text=NOT_FOUND, status=404)

    page = web.Application()
    page.add_routes(
        [
            web.get("/", index),
            web.get("/ws", pages.open),
            web.static("/static", server.statics_path),
        ]
    )

    async def guard(_: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers[name] = value.format(port=port)

    app = web.Application()
    app.add_subapp(f"/{secret}/", page)
    app.router.add_get("/{path:.*}", not_found)
    app.on_response_prepare.append(guard)
    app.on_shutdown.append(pages.close)
    ready(f"http://{HOST}:{port}/{secret}/")
    with redirect_stdout(sys.stderr):
        # No access log: it would hold the secret.
        web.run_app(app, sock=listening, print=None, access_log=None)


def _goodbye() -> str:
    """For the shell: what an app could not say that failed or was killed; its page would stay.

    Where it was killed the page is closed. Where it had not even begun, which a shell cannot know,
    the words come next; after anything else they are taken for a part of something endless.
    """
    killed = packet("M", '{"type": "exit"}')
    words = b"\n" + PRELUDE + packet("D", NOT_BEGUN)
    return (
        f"code=$?; [ $code -lt 128 ] || printf '{_octal(killed)}';"
        f" [ $code -eq 0 ] || printf '{_octal(words)}'"
    )


def _octal(said: bytes) -> str:
    """As the shell's `printf` reads any bytes."""
    return "".join(f"\\{byte:03o}" for byte in said)


class _Pages:
    """The open pages; Ctrl-C lets the app of each quit, which saves what its jobs have in flight.

    Left to itself the server would wait a minute for them.
    """

    def __init__(self, handle: Callable[[Any], Awaitable[Any]]) -> None:
        self._handle = handle
        self._open: set[asyncio.Future[Any]] = set()

    async def open(self, request: Any) -> Any:
        """Serve one page until it is closed."""
        page = asyncio.ensure_future(self._handle(request))
        self._open.add(page)
        page.add_done_callback(self._open.discard)
        return await page

    async def close(self, _: object) -> None:
        """Let the apps of all pages quit."""
        pages = list(self._open)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        await asyncio.sleep(GRACE_SECONDS if pages else 0)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"Port {port} of {HOST} cannot be used: {error}.",
            "Choose another with --port, or 0 for any free one.",
        ) from error
