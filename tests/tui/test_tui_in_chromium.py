"""The browser face in a real browser: keys pressed in headless Chromium are rows in SQLite."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catreview.jobs.project import open_project

aiohttp = pytest.importorskip("aiohttp", reason="textual-serve (extra serve) is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
    "--window-size=1400,900",
)  # fmt: skip
KEYS = {"3": ("Digit3", 51, "3"), "Enter": ("Enter", 13, "\r"), "u": ("KeyU", 85, "u")}
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[int]:
    """The port at which a Chromium without a window takes commands."""
    profile = tmp_path / "profile"
    process = subprocess.Popen(
        [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "DevTools listening" in line)
        yield int(line.split("127.0.0.1:")[1].split("/")[0])
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


async def in_page(port: int, address: str, act: Callable[[Call], Awaitable[None]]) -> None:
    """Open the address in a page and let `act` send commands of Chromium's DevTools protocol."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json") as answer:
            page = next(tab for tab in await answer.json() if tab["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            sent = 0

            async def call(method: str, **parameters: object) -> Any:
                nonlocal sent
                sent += 1
                await socket.send_json({"id": sent, "method": method, "params": parameters})
                while (said := await socket.receive_json()).get("id") != sent:
                    pass
                return said.get("result")

            await call("Page.navigate", url=address)
            await act(call)


async def until(call: Call, script: str) -> None:
    for _ in range(300):
        said = await call("Runtime.evaluate", expression=script)
        if said["result"].get("value") is True:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"after 30 s not: {script}")


async def press(call: Call, name: str) -> None:
    code, number, text = KEYS[name]
    key = {"key": name, "code": code, "windowsVirtualKeyCode": number}
    await call("Input.dispatchKeyEvent", type="keyDown", text=text, **key)
    await call("Input.dispatchKeyEvent", type="keyUp", **key)


async def test_keys_pressed_in_chromium_are_rows_in_the_database(
    served: tuple[Path, str], chromium: int
) -> None:
    folder, address = served

    async def review(call: Call) -> None:
        with open_project(folder) as project:

            def acts() -> list[str]:
                return [review.action for review in project.store.reviews.query("1 ORDER BY id")]

            await until(call, "document.body.classList.contains('-first-byte')")
            for kind in ("mousePressed", "mouseReleased"):
                await call(
                    "Input.dispatchMouseEvent", type=kind, x=700, y=500, button="left", clickCount=1
                )
            for tried in range(300):
                # Keys are dead until the first message is painted, which a page can't tell.
                if not acts() and tried % 30 == 0:
                    await press(call, "3")
                await asyncio.sleep(0.1)
                if acts():
                    break
            await press(call, "Enter")
            await press(call, "u")
            for _ in range(300):
                if len(acts()) == 3:
                    break
                await asyncio.sleep(0.1)
            assert acts() == ["fix", "accept", "undo"]
            assert [(d.category, d.reviewer) for d in project.store.reviews.decided().values()] == [
                ("request", "rita")
            ]

    await in_page(chromium, address, review)
