"""The app in a browser: textual-serve behind a secret path, on this machine alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Sequence
from shlex import join

from catreview.errors import ConfigError

HOST = "127.0.0.1"
HEADERS = {
    # The page of textual-serve asks Google for a font; nothing here is to ask anybody.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws://127.0.0.1:{port};"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def serve(command: Sequence[str], port: int, ready: Callable[[str], None]) -> None:
    """Serve what `command` opens, one process for each page, until Ctrl-C.

    Only this machine is listened to, and every path but the one with the secret is not found.
    Port 0 is any free one. `ready` is called with the address.

    Raises:
        ConfigError: textual-serve is not installed, or the port is taken.
    """
    try:
        import aiohttp_jinja2
        from aiohttp import web
        from jinja2 import FileSystemLoader
        from textual_serve.server import Server
    except ModuleNotFoundError as error:
        raise ConfigError(
            "textual-serve is not installed.", "Install it: pip install 'catreview[serve]'"
        ) from error
    listening = _listen(port)
    port = listening.getsockname()[1]
    secret = secrets.token_urlsafe(24)
    server = Server(join(command), HOST, port, title="catreview")
    page = web.Application()
    aiohttp_jinja2.setup(page, loader=FileSystemLoader(server.templates_path))
    page.add_routes(
        [
            web.get("/", server.handle_index, name="index"),
            web.get("/ws", server.handle_websocket, name="websocket"),
            web.static("/static", server.statics_path, name="static"),
        ]
    )

    async def guard(_: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers[name] = value.format(port=port)

    app = web.Application()
    app.add_subapp(f"/{secret}/", page)
    app.on_response_prepare.append(guard)

    async def started(_: web.Application) -> None:
        ready(f"http://{HOST}:{port}/{secret}/")

    app.on_startup.append(started)
    # No access log: it would hold the secret.
    web.run_app(app, sock=listening, print=None, access_log=None)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"Port {port} of {HOST} cannot be used: {error}.",
            "Choose another with --port, or 0 for any free one.",
        ) from error
