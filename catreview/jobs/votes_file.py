"""The JSON lines beside the database: one for each vote of an LLM, for scripts to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from catreview.jobs.project import Project
from catreview.jobs.voters import Voter


class VotesFile:
    """`llm_category_labels.jsonl`: appended to after each commit, made whole at the start.

    A job that is killed between its commit and its line leaves the line for the next start; half
    a line at the end is cut off then.
    """

    def __init__(self, project: Project, voter: Voter, path: Path) -> None:
        self._voter = voter
        self._path = path
        self._make_whole(project)

    def append(self, votes: Mapping[str, tuple[str, float | None]]) -> None:
        """Add votes by example id: category and confidence."""
        if not votes:
            return
        lines = "".join(
            json.dumps(
                {
                    "id": example,
                    "label": category,
                    "confidence": confidence,
                    "source": self._voter.model,
                    "prompt": self._voter.prompt.version,
                },
                ensure_ascii=False,
            )
            + "\n"
            for example, (category, confidence) in votes.items()
        )
        # One write in append mode: lines of two processes don't mix.
        with self._path.open("ab", buffering=0) as file:
            file.write(lines.encode())

    def _make_whole(self, project: Project) -> None:
        there: set[str] = set()
        if self._path.exists():
            content = self._path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                with self._path.open("r+b") as file:
                    file.truncate(len(whole))
            for line in whole.splitlines():
                row = json.loads(line)
                if row.get("prompt") == self._voter.prompt.version and (
                    row.get("source") == self._voter.model
                ):
                    there.add(row["id"])
        else:
            self._path.touch(0o600)
        votes = project.store.votes.by_id(self._voter.source.id)
        self.append({example: vote for example, vote in votes.items() if example not in there})
