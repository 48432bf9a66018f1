"""A scripted server on loopback with the batch API: /files, /batches, and plain chat as well.

A batch is over after `looks` looks at it; `edit` may change the output lines, or leave some out.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from helpers.llm_server import LLMServer, Reply, Request, error

Line = dict[str, Any]


class BatchServer(LLMServer):
    """See the module. `files`, `batches` and `calls` show what it was given and asked."""

    def __init__(
        self,
        looks: int = 1,
        edit: Callable[[list[Line]], list[Line]] = lambda lines: lines,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.looks = looks
        self.edit = edit
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Line] = {}
        self.calls: list[str] = []
        self.end = "completed"

    def route(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        path = path.removeprefix("/v1").partition("?")[0]
        if not path.startswith(("/files", "/batches")):
            return super().route(method, path, headers, body)
        self.calls.append(f"{method} {path}")
        parts = path.strip("/").split("/")
        if parts[0] == "files":
            return self._files(method, parts, body)
        if method == "GET" and len(parts) == 1:
            listed = {"object": "list", "data": list(self.batches.values()), "has_more": False}
            return Reply(json.dumps(listed).encode())
        if len(parts) == 1:
            return self._create(json.loads(body))
        batch = self.batches[parts[1]]
        if parts[-1] == "cancel":
            batch["status"], self.end, self.looks = "cancelling", "cancelled", 1
        elif batch["status"] not in (self.end, "failed"):
            self._look(batch)
        return Reply(json.dumps(batch).encode())

    def _files(self, method: str, parts: list[str], body: bytes) -> Reply:
        if method == "GET":
            return Reply(self.files[parts[1]], headers={"content-type": "application/jsonl"})
        content = re.search(rb'filename="[^"]*".*?\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
        if content is None:
            return error(400, "no file")
        name = f"file-{len(self.files)}"
        self.files[name] = content[1]
        return Reply(json.dumps({**_FILE, "id": name}).encode())

    def _create(self, given: Line) -> Reply:
        name = f"batch_{len(self.batches)}"
        self.batches[name] = {
            "id": name, "object": "batch", "status": "in_progress", "created_at": 1,
            "completion_window": "24h", **given,
        }  # fmt: skip
        return Reply(json.dumps(self.batches[name]).encode())

    def _look(self, batch: Line) -> None:
        self.looks -= 1
        if self.looks > 0:
            return
        batch["status"] = self.end
        lines = [self._line(line) for line in self.files[batch["input_file_id"]].splitlines()]
        name = f"{batch['id']}_output"
        self.files[name] = "".join(json.dumps(x) + "\n" for x in self.edit(lines)).encode()
        batch["output_file_id"] = name
        batch["request_counts"] = {"total": len(lines), "completed": len(lines), "failed": 0}

    def _line(self, line: bytes) -> Line:
        row = json.loads(line)
        reply = self.answer(Request(time.monotonic(), {}, row["body"]))
        response = {"status_code": 200, "request_id": "r", "body": json.loads(reply.body)}
        return {"id": "x", "custom_id": row["custom_id"], "response": response, "error": None}


_FILE = {
    "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch",
    "status": "processed",
}  # fmt: skip
