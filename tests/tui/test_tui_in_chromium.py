"""The browser face in a real browser: keys pressed in headless Chromium are rows in SQLite."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import Served

from catreview.jobs.project import open_project
from catreview.records import Example

aiohttp = pytest.importorskip("aiohttp", reason="textual-serve (extra serve) is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
    "--window-size=1400,900",
)  # fmt: skip
KEYS = {"3": ("Digit3", 51, "3"), "Enter": ("Enter", 13, "\r"), "u": ("KeyU", 85, "u")}
FITS = """(() => {
    const drawn = document.querySelector(".xterm-screen").getBoundingClientRect();
    return innerWidth - drawn.right >= 0 && innerWidth - drawn.right < 10
        && innerHeight - drawn.bottom >= 0 && innerHeight - drawn.bottom < 20
        && document.documentElement.clientWidth == innerWidth;
})()"""
"""The terminal ends less than a cell before the window does, and no scroll bar is beside it."""
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


async def write(call: Call, text: str) -> None:
    for character in text:
        await call("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
        await call("Input.dispatchKeyEvent", type="keyUp", key=character)


async def edit(call: Call, command: str, name: str, code: int) -> None:
    """Press Ctrl and a letter, which is a browser's key for this command."""
    key = {"key": name, "code": f"Key{name.upper()}", "windowsVirtualKeyCode": code, "modifiers": 2}
    await call("Input.dispatchKeyEvent", type="rawKeyDown", commands=[command], **key)
    await call("Input.dispatchKeyEvent", type="keyUp", **key)


async def select(call: Call, *corners: tuple[int, int]) -> None:
    """Drag the mouse from one point to the other with the shift key."""
    kinds = ("mousePressed", "mouseMoved", "mouseReleased")
    for kind, (x, y) in zip(kinds, (*corners, corners[-1]), strict=True):
        where = {"x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "modifiers": 8}
        await call("Input.dispatchMouseEvent", type=kind, **where)


async def acted(folder: Path, count: int) -> list[str]:
    """The acts in the log once there are so many, or after 3 s."""
    with open_project(folder) as project:
        for _ in range(30):
            acts = [review.action for review in project.store.reviews.query("1 ORDER BY id")]
            if len(acts) >= count:
                break
            await asyncio.sleep(0.1)
    return acts


async def test_keys_pressed_in_chromium_are_rows_in_the_database(
    served: Served, chromium: int
) -> None:
    async def review(call: Call) -> None:
        await until(call, "document.activeElement.tagName == 'TEXTAREA'")  # without a click
        for _ in range(10):  # keys are dead until the first message is painted; a page can't tell
            await press(call, "3")
            if acts := await acted(served.folder, 1):
                break
        for done, name in enumerate(("Enter", "u"), 2):
            await press(call, name)
            acts = await acted(served.folder, done)
        assert acts == ["fix", "accept", "undo"]
        await select(call, (20, 20), (1300, 600))
        await edit(call, "copy", "c", 67)
        await write(call, "n")
        await asyncio.sleep(0.3)
        await edit(call, "paste", "v", 86)
        await asyncio.sleep(0.3)
        await press(call, "Enter")
        assert (await acted(served.folder, 4))[3:] == ["note"]

    await in_page(chromium, served.address, review)
    with open_project(served.folder) as project:
        decided = project.store.reviews.decided().values()
        assert [(d.category, d.reviewer) for d in decided] == [("request", "rita")]
        (noted,) = project.store.reviews.query("note NOT NULL")
        assert project.store.examples.get([noted.example])[0].text.split()[0] in (noted.note or "")


async def test_the_page_is_as_large_as_its_window_opens_no_links_and_says_when_it_is_closed(
    served: Served, chromium: int
) -> None:
    with open_project(served.folder) as project:
        project.store.examples.add([Example("hostile", "look at https://example.invalid/zebra")])

    async def look(call: Call) -> None:
        await until(call, "document.activeElement.tagName == 'TEXTAREA'")
        await asyncio.sleep(1.5)
        await write(call, "/")
        await asyncio.sleep(0.5)
        await write(call, "zebra")
        await press(call, "Enter")
        await asyncio.sleep(1)
        for y in range(200, 320, 9):
            for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
                button = "none" if kind == "mouseMoved" else "left"
                await call(
                    "Input.dispatchMouseEvent", type=kind, x=400, y=y, button=button, clickCount=1
                )
        targets = (await call("Target.getTargets"))["targetInfos"]
        assert [target["url"] for target in targets if target["type"] == "page"] == [served.address]
        for width, height in ((640, 420), (1000, 700)):
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            await call("Emulation.setDeviceMetricsOverride", **size)
            await until(call, FITS)
        await write(call, "q")
        await until(call, "document.body.innerText.startsWith('catreview is closed here.')")
        await press(call, "Enter")
        await until(call, "document.body.className.endsWith('-first-byte')")

    await in_page(chromium, served.address, look)
