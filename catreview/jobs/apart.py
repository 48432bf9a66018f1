"""What the dashboard reads; of a large project in a process of its own, with the memory it takes.

Run as `python -m catreview.jobs.apart WHAT FOLDER` it writes what it found to stdout, as a pickle.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from catreview.errors import CatreviewError
from catreview.jobs.labels.agreeing import agree
from catreview.jobs.overview import function_lines, overview
from catreview.jobs.processes import own_module
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.orders import SMALL

LOOK_SECONDS: Final = 0.1
"""Between two looks at whether somebody still waits for another process."""
OVERVIEW: Final = "overview"
READ: Final[Mapping[str, Callable[[Project], object]]] = {
    OVERVIEW: overview,
    "functions": function_lines,
    "agreement": agree,
}
"""What can be read, by name; all but the overview goes through every vote."""


def is_read_apart(project: Project, part: str) -> bool:
    """Whether a part of `READ` takes long enough to be read in another process."""
    return part != OVERVIEW and project.store.examples.last() > SMALL


def read(project: Project, part: str, stop: Callable[[], bool]) -> object:
    """What is found of a part of `READ`, or the error that kept it from being read.

    Another process is ended when `stop` says that nobody waits for it any more.
    """
    try:
        if is_read_apart(project, part):
            return _read_apart(project, part, stop)
        return READ[part](project)
    except CatreviewError as error:
        return error


def _read_apart(project: Project, part: str, stop: Callable[[], bool]) -> object:
    command = [*own_module(__name__), part, str(project.folder.resolve())]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        while True:
            try:
                found, talk = child.communicate(timeout=LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stop():
                    child.kill()
    if child.returncode:
        last = (talk.decode(errors="replace").strip().splitlines() or ["it was ended"])[-1]
        raise CatreviewError(f"The figures could not be read: {last}")
    # Written by this module: nobody else's pickle is ever loaded.
    return pickle.loads(found)  # noqa: S301


def _main(part: str, folder: str) -> None:
    with open_project(Path(folder)) as project:
        try:
            found = READ[part](project)
        except CatreviewError as error:
            found = error
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])
