"""The labelling job against a bare loop on the same client, and its memory over many examples.

    PYTHONPATH=.:tests python tests/bench/bench_labelling.py [speed|rate|memory] [options]

speed:  a server with 50 ms latency in a process of its own, requests of 20 at concurrency 16; a
        bare loop posts the same prompts with the openai client and throws the replies away.
rate:   a server that allows 600 requests in any minute and answers 429 to more; `--processes`
        jobs share a project and have always something to do for `--seconds`.
memory: resident memory of a job over 100,000 examples, as it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
from helpers.llm_server import LLMServer, Reply, Request, error

from catreview.jobs.llm.labelling import LabellingJob
from catreview.jobs.llm.planning import plan_labelling
from catreview.jobs.llm.results import LabellingResult
from catreview.jobs.llm.voters import configured_voter
from catreview.jobs.progress import Progress, Report, ignore
from catreview.jobs.project import Project, init_project, open_project
from catreview.records import Example

SPAWN = multiprocessing.get_context("spawn")


class Window:
    """A limit on any `seconds`, as a strict server keeps it."""

    def __init__(self, allowed: int, seconds: float) -> None:
        self.allowed, self.seconds = allowed, seconds
        self.accepted: deque[float] = deque()
        self.refused = self.passed = 0
        self.first = self.last = 0.0

    def __call__(self, request: Request) -> Reply | None:
        while self.accepted and request.at - self.accepted[0] >= self.seconds:
            self.accepted.popleft()
        if len(self.accepted) >= self.allowed:
            self.refused += 1
            return error(429, "too many requests")
        self.accepted.append(request.at)
        self.first, self.last = self.first or request.at, request.at
        self.passed += 1
        return None

    @property
    def share(self) -> float:
        """How much of what is allowed was used, between the first request and the last."""
        allowed = self.allowed / self.seconds * (self.last - self.first)
        return (self.passed - 1) / allowed if allowed else 0.0


def _serve(pipe: Any, latency: float, allowed: int | None) -> None:
    window = Window(allowed or 10**9, 60.0)
    with LLMServer(latency=latency, guard=window) as server:
        server.keep = False
        pipe.send(server.base_url)
        pipe.recv()
        pipe.send({"passed": window.passed, "refused": window.refused, "share": window.share})


@contextlib.contextmanager
def served(latency: float, allowed: int | None = None) -> Iterator[tuple[str, dict[str, float]]]:
    """A server in a process of its own: its address, and at the end what it counted."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(there, latency, allowed), daemon=True)
    process.start()
    counted: dict[str, float] = {}
    try:
        yield here.recv(), counted
        here.send("stop")
        counted |= here.recv()
    finally:
        process.join(5)


@contextlib.contextmanager
def filled(examples: int, url: str, **llm: object) -> Iterator[Project]:
    """A project with so many messages on which no function has voted."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bench"
        init_project(folder)
        settings = {"provider": "custom", "base_url": url, "model": "m", "rpm": 10**9, "rpd": 10**9}
        with open_project(folder, {"llm": settings | llm}) as project:
            for start in range(0, examples, 10_000):
                project.store.examples.add(
                    [
                        Example(f"e{i}", f"message number {i}, about as long as most of them are")
                        for i in range(start, min(start + 10_000, examples))
                    ]
                )
            yield project


async def label(project: Project, report: Report = ignore) -> LabellingResult:
    voter = configured_voter(project)
    return await LabellingJob(project, voter, plan_labelling(project, voter), report=report).run()


async def bare(project: Project, url: str, concurrency: int) -> tuple[float, float]:
    """Time the openai client on the same prompts with nothing around it: wall and CPU seconds."""
    voter = configured_voter(project)
    plan = plan_labelling(project, voter)
    size = plan.batch_size
    bodies = []
    for start in range(0, len(plan.numbers), size):
        batch = project.store.examples.get(plan.numbers[start : start + size])
        rendered = voter.prompt.render(batch)
        bodies.append((list(rendered.messages), rendered.response_format))
    waiting = iter(bodies)
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def worker() -> None:
            for messages, shape in waiting:
                await client.chat.completions.create(
                    model="m", messages=messages, response_format=shape, logprobs=True,
                    temperature=0.0, max_tokens=4048,
                )  # fmt: skip

        started, busy = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        return time.perf_counter() - started, time.process_time() - busy


def speed(requests: int, concurrency: int, batch: int, runs: int, latency: float) -> float:
    """Median of bare / job over runs, both timed side by side."""
    ratios = []
    for _ in range(runs):
        with served(latency) as (url, _):
            llm = {"concurrency": concurrency, "batch_size": batch}
            with filled(requests * batch, url, **llm) as project:
                floor, floor_busy = asyncio.run(bare(project, url, concurrency))
                busy = time.process_time()
                result = asyncio.run(label(project))
                busy = time.process_time() - busy
        assert result.labelled == requests * batch
        ratios.append(floor / result.seconds)
        print(
            f"bare {requests / floor:4.0f} requests/s ({1000 * floor_busy / requests:.2f} ms CPU),"
            f" job {requests / result.seconds:4.0f} ({1000 * busy / requests:.2f} ms):"
            f" {ratios[-1]:.3f}"
        )
    return statistics.median(ratios)


def _job(folder: str, seconds: float, llm: dict[str, object]) -> None:
    async def limited() -> None:
        with open_project(Path(folder), {"llm": llm}) as project:
            voter = configured_voter(project)
            job = LabellingJob(project, voter, plan_labelling(project, voter))
            asyncio.get_running_loop().call_later(seconds, job.stop)
            await job.run()

    asyncio.run(limited())


def rate(seconds: float, processes: int, rpm: int) -> tuple[float, float]:
    """Share of what a strict server allows that is used, and how many 429 came."""
    with served(0.05, rpm) as (url, counted):
        batch = 2
        llm = {"rpm": rpm, "batch_size": batch, "concurrency": 16, "rpd": 10**9}
        llm |= {"provider": "custom", "base_url": url, "model": "m"}
        examples = int(rpm / 60 * seconds * batch * processes * 1.5)
        with filled(examples, url) as project:
            project.store.close()
            jobs = [
                SPAWN.Process(target=_job, args=(str(project.folder), seconds, llm))
                for _ in range(processes)
            ]
            for job in jobs:
                job.start()
            for job in jobs:
                job.join()
    print(
        f"{processes} processes, {counted['passed']:,.0f} requests, {counted['refused']:.0f} got"
        f" 429, {100 * counted['share']:.1f} % of what is allowed was used"
    )
    return counted["share"], counted["refused"]


def _memory() -> float:
    """Resident megabytes now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(examples: int) -> list[tuple[int, float]]:
    """(requests done, resident MB) in tenths of the way."""
    found: list[tuple[int, float]] = []

    def watch(step: Progress) -> None:
        if step.total and step.done * 10 >= step.total * (len(found) + 1):
            found.append((step.done, _memory()))

    with served(0.0) as (url, _), filled(examples, url, concurrency=16) as project:
        asyncio.run(label(project, watch))
    for done, megabytes in found:
        print(f"{done:6,} requests {megabytes:7.1f} MB")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", default="speed", choices=["speed", "rate", "memory"])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rpm", type=int, default=600)
    parser.add_argument("--examples", type=int, default=100_000)
    given = parser.parse_args()
    if given.what == "speed":
        ratio = speed(given.requests, given.concurrency, given.batch, given.runs, given.latency)
        print(f"median {ratio:.3f} (asked for: 0.9)")
    elif given.what == "rate":
        rate(given.seconds, given.processes, given.rpm)
    else:
        memory(given.examples)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
