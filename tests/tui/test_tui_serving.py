"""The app in a browser: served to who knows the secret, on this machine alone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from helpers.pages import Served

from catreview.errors import ConfigError
from catreview.jobs.project import open_project

pytest.importorskip("textual_serve", reason="textual-serve (extra serve) is not installed")


def asked(address: str) -> tuple[int, str]:
    """The status and the text at an address."""
    try:
        with urlopen(address, timeout=10) as answer:
            return int(answer.status), answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@asynccontextmanager
async def opened(served: Served, words: str = "together") -> AsyncIterator[Any]:
    """What the page does: open the socket and wait until the app shows these words."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{served.address}ws?width=120&height=36") as page,
    ):
        seen = b""
        while words.encode() not in seen:
            seen += (await page.receive(timeout=30)).data
        yield page


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(300):
        if happened():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not happen in 15 s")


def desks(served: Served) -> set[str]:
    """The apps that keep something on their desks."""
    with open_project(served.folder) as project:
        return project.store.leases.holders()


def decided(served: Served) -> list[tuple[str | None, str]]:
    with open_project(served.folder) as project:
        return [(d.category, d.reviewer) for d in project.store.reviews.decided().values()]


async def test_keys_pressed_in_the_page_are_rows_in_the_database(served: Served) -> None:
    async with opened(served) as page:
        await page.send_str(json.dumps(["stdin", "3"]))
        await until(lambda: decided(served) == [("request", "rita")])
        await page.send_str(json.dumps(["stdin", "4"]))
        await until(lambda: decided(served) == [("request", "rita"), ("question", "rita")])


async def test_what_lay_on_the_desk_is_free_when_the_page_is_closed(served: Served) -> None:
    async with opened(served):
        await until(lambda: bool(desks(served)))
    await until(lambda: not desks(served))


async def test_an_app_ends_with_the_server_also_where_that_is_killed(served: Served) -> None:
    async with opened(served):
        served.process.kill()
        served.process.wait()
        await until(lambda: not desks(served))


async def test_the_page_of_an_app_that_is_killed_is_closed(served: Served) -> None:
    async with opened(served) as page:
        await until(lambda: bool(desks(served)))
        (holder,) = desks(served)
        os.kill(int(holder.split(":")[1]), signal.SIGKILL)
        async with asyncio.timeout(15):
            async for _ in page:
                pass


async def test_what_the_app_says_in_the_end_is_talk_and_no_data(served: Served) -> None:
    async with opened(served) as page:
        await page.send_str(json.dumps(["stdin", "q"]))
        await until(lambda: "0 decided today, all saved." in served.talk.read_text())


async def test_why_the_app_cannot_begin_is_said_in_the_page(served: Served) -> None:
    settings = served.folder / "catreview.toml"
    settings.write_text(f"{settings.read_text()}\n[[[\n")
    async with opened(served, "not valid TOML"):
        await until(lambda: "not valid TOML" in served.talk.read_text())


async def test_a_database_that_is_none_is_said_in_the_page(served: Served) -> None:
    for rest in ("-wal", "-shm"):
        (served.folder / f"catreview.db{rest}").unlink(missing_ok=True)
    (served.folder / "catreview.db").write_bytes(b"no database" * 1000)
    async with opened(served, "Then open this page again."):
        await until(lambda: "catreview.db" in served.talk.read_text())


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("textual", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("click", "Why stands in the terminal where catreview serve was started."),
    ],
    ids=["of the app", "of the command line"],
)
async def test_a_module_that_cannot_be_imported_is_said_in_the_page_and_in_the_terminal(
    served: Served, module: str, words: str
) -> None:
    modules = served.folder.with_name("modules")
    modules.mkdir()
    (modules / f"{module}.py").write_text("import no_such_module\n")
    async with opened(served, words):
        await until(lambda: "No module named 'no_such_module'" in served.talk.read_text())


def test_without_the_secret_nothing_is_served(served: Served) -> None:
    address = served.address
    root = address[: address.index("/", len("http://")) + 1]
    assert address.startswith("http://127.0.0.1:")
    assert len(address) - len(root) > 30
    assert "<title>rita · demo · catreview</title>" in asked(address)[1]
    assert asked(f"{address}static/js/textual.js")[0] == 200
    for path in ("", "ws", "static/js/textual.js", f"x{address[len(root) :]}"):
        code, words = asked(root + path)
        assert code == 404
        assert "catreview serve" in words
    with urlopen(address, timeout=10) as page:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "google" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert b"google" not in page.read()
    assert address[len(root) :].strip("/") not in served.talk.read_text()


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    from catreview.tui.serving import serve

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="cannot be used") as error,
    ):
        serve(["true"], taken.getsockname()[1], "title", print)
    assert "--port" in error.value.hint
