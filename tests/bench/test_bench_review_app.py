"""The benchmark of the review app runs, on a tiny project and with no claim about speed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_start_and_keys_are_measured(tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            sys.executable, str(ROOT / "tests" / "bench" / "bench_review_app.py"),
            "--examples", "1000", "--folder", str(tmp_path / "bench"), "--runs", "0",
            "--presses", "3", "keys",
        ],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "start: " in ran.stdout
    assert "keys, a digit:" in ran.stdout


def test_waits_of_a_writer_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bench.bench_writers import main

    main(["prepare", "one", "--examples", "300", "--folder", str(tmp_path / "bench")])
    assert capsys.readouterr().out.count(" writes in ") == 2
