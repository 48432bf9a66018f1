"""The JSON lines beside the database: one for each vote of an LLM, for scripts to read."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from itertools import islice
from pathlib import Path

from catreview.errors import InputError, StoreError
from catreview.jobs.llm.voters import Voter
from catreview.jobs.project import Project

Given = tuple[str, float | None]
"""A vote's category and confidence."""


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_START = b'{"id": "'
"""How every line begins."""


class VotesFile:
    """`llm_category_labels.jsonl`: appended to after each commit, made whole at the start.

    A job that is killed between its commit and its line leaves the line for the next start; half
    a line of ours at the end is cut off then.

    Raises:
        InputError: the file cannot be written, or is no file of votes.
    """

    def __init__(self, project: Project, voter: Voter, path: Path) -> None:
        self._voter = voter
        self._path = path
        try:
            path.touch(0o600)
            self._make_whole(project)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}.", "Name another one with --output."
            ) from error

    @contextmanager
    def shared(self) -> Iterator[Callable[[Mapping[str, Given]], None]]:
        """Commit votes inside, then add them with the function given.

        Nobody makes the file whole meanwhile, who would find the votes and not the lines.
        """
        with self._locked(fcntl.LOCK_SH) as file:
            yield lambda votes: self._append(file, votes)

    @contextmanager
    def _locked(self, how: int) -> Iterator[FileIO]:
        with self._path.open("ab+", buffering=0) as file:
            fcntl.flock(file, how)
            yield file

    def _append(self, file: FileIO, votes: Mapping[str, Given]) -> None:
        """Add votes by example id."""
        lines = "".join(
            _ENCODER.encode(
                {
                    "id": example,
                    "label": category,
                    "confidence": confidence,
                    "source": self._voter.model,
                    "prompt": self._voter.prompt.version,
                }
            )
            + "\n"
            for example, (category, confidence) in votes.items()
        )
        if lines:
            try:
                # One write in append mode: lines of two processes don't mix.
                file.write(lines.encode())
            except OSError as error:
                raise StoreError(
                    f"{self._path} cannot be written: {error.strerror}.",
                    "The votes are in the database; the next start adds their lines.",
                ) from error

    def _make_whole(self, project: Project) -> None:
        with self._locked(fcntl.LOCK_EX) as file:
            there = self._ids(file)
            missing = (
                (example, vote)
                for example, vote in project.store.votes.by_id(self._voter.source.id)
                if example not in there
            )
            while some := dict(islice(missing, 1000)):
                self._append(file, some)

    def _ids(self, file: FileIO) -> set[str]:
        """The examples with a line of this source; half a line of ours at the end is cut off."""
        there: set[str] = set()
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                torn = not line.endswith(b"\n")
                if torn and line[: len(_START)] == _START[: len(line)]:
                    file.truncate(lines.tell() - len(line))
                    break
                try:
                    # Whatever lacks a line's end is not ours, and nothing can be added to it.
                    row = json.loads(line if not torn else b"")
                    example, _ = row["id"], row["label"]
                    same = row.get("prompt") == self._voter.prompt.version
                    if same and row.get("source") == self._voter.model:
                        there.add(example)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise InputError(
                        f"{self._path}:{number}: this is no line of votes; nothing was changed.",
                        "Name another file with --output.",
                    ) from error
        return there
