"""The app in a browser: served to who knows the secret, on this machine alone."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from catreview.errors import ConfigError
from catreview.jobs.project import open_project

pytest.importorskip("textual_serve", reason="textual-serve (extra serve) is not installed")


def status(address: str) -> int:
    try:
        with urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


async def type_keys(address: str, keys: list[str], folder: Path) -> None:
    """What the page does: open the socket, wait for the app, send key presses."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}ws?width=120&height=36") as page,
    ):
        seen = b""
        while b"together" not in seen:
            seen += (await page.receive(timeout=30)).data
        for done, key in enumerate(keys, 1):
            await page.send_str(json.dumps(["stdin", key]))
            await decided(folder, done)


async def decided(folder: Path, count: int) -> None:
    for _ in range(300):
        with open_project(folder) as project:
            if len(project.store.reviews.decided()) == count:
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"there are not {count} decisions after 15 s")


async def test_keys_pressed_in_the_page_are_rows_in_the_database(
    served: tuple[Path, str],
) -> None:
    folder, address = served
    await type_keys(address, ["3", "4"], folder)
    with open_project(folder) as project:
        decisions = project.store.reviews.decided().values()
        assert [(d.category, d.reviewer) for d in decisions] == [
            ("request", "rita"), ("question", "rita"),
        ]  # fmt: skip


def test_without_the_secret_nothing_is_served(served: tuple[Path, str]) -> None:
    _, address = served
    root = address[: address.index("/", len("http://")) + 1]
    assert address.startswith("http://127.0.0.1:")
    assert len(address) - len(root) > 30
    assert status(address) == 200
    assert status(f"{address}static/js/textual.js") == 200
    for path in ("", "ws", "static/js/textual.js", f"x{address[len(root) :]}"):
        assert status(root + path) == 404
    with urlopen(address, timeout=10) as page:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "google" not in policy


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    from catreview.tui.serving import serve

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="cannot be used") as error,
    ):
        serve(["true"], taken.getsockname()[1], print)
    assert "--port" in error.value.hint
