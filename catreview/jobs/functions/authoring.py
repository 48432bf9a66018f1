"""Writing functions into the user's `functions.py`, and taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword

from catreview.errors import FunctionsError
from catreview.functions import Draft, load_user_functions
from catreview.functions.writing import addition, free_name, replace_file, taken_names, without
from catreview.jobs.functions.weak import project_functions
from catreview.jobs.project import Project
from catreview.store import Run

AUTHORED = "new function"
"""The kind of run that records what was written: what undo goes by, also after a restart."""
TAKEN_BACK = "taken back"
KEPT = "kept"
"""Two of its ends: undo took it back, or could not because it was changed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A function that now stands in the file, from this line on."""

    name: str
    line: int
    code: str


def draft_name(project: Project, draft: Draft) -> str:
    """A free name for a draft.

    Raises:
        FunctionsError: `functions.py` cannot be loaded.
    """
    names = {*project_functions(project).names, *taken_names(_source(project))}
    return free_name(draft.name, names)


def write_function(project: Project, draft: Draft, name: str = "", reviewer: str = "") -> Written:
    """Append a draft to the user's functions, under a name of its own where none is given.

    Only appends, and only where the file is then one that loads and says the same.

    Raises:
        FunctionsError: the name is taken or is none, the category is not in the schema, or the
            file cannot take the function; it is as it was.
    """
    name = name or draft_name(project, draft)
    code = draft.code(name)
    draft.rule()  # says what is wrong with a regular expression before anything else does
    added, line = _append(project, name, draft.category, code, draft.uses)
    run = project.store.runs.start(
        AUTHORED, {"name": name, "added": added.decode("latin-1"), "reviewer": reviewer}
    )
    project.store.runs.finish(run, "done", {"wrote": name})
    return Written(name, line, code)


_SKELETON = '''@labelling_function("{category}")
def {name}(message):
    """Say in one line what it looks for."""
    return "…" in message.text.lower()
'''


def new_function(project: Project, name: str, category: str) -> int:
    """Append a skeleton to the user's functions; returns the line it starts at.

    Raises:
        FunctionsError: as `write_function`.
    """
    code = _SKELETON.format(name=name, category=category)
    return _append(project, name, category, code, ("labelling_function",))[1]


def last_written(project: Project) -> Run | None:
    """The record of the function written last, of those not taken back."""
    return next(iter(project.store.runs.finished(AUTHORED)), None)


def function_to_undo(project: Project, reviewer: str) -> bool:
    """Whether the newest act of this reviewer that stands is that they wrote a function."""
    run, act = last_written(project), project.store.reviews.last_standing(reviewer)
    if run is None or run.parameters["reviewer"] != reviewer:
        return False
    return act is None or act.at < (run.ended or "")


def function_to_redo(project: Project, reviewer: str) -> bool:
    """Whether what this reviewer undid last is a function, and they did nothing since."""
    store = project.store
    run, newest = last_taken_back(project), store.runs.latest(AUTHORED)
    if run is None or newest is None or run.parameters["reviewer"] != reviewer:
        return False
    act, undone = store.reviews.last_act(reviewer), store.reviews.last_undone(reviewer)
    later = [newest.started, act.at if act else ""]
    if undone is not None:
        later += [
            row.at for row in store.reviews.history(undone.example) if row.undoes == undone.id
        ]
    return max(later) < (run.ended or "")


def last_taken_back(project: Project) -> Run | None:
    """The record of the function that was taken back last, of those not written again."""
    return project.store.runs.last_ended(AUTHORED, TAKEN_BACK)


def write_again(project: Project) -> str:
    """Append the function taken back last to the file, as it was; returns its name.

    Raises:
        FunctionsError: none was taken back, or the file cannot take it; it is as it was.
    """
    run = last_taken_back(project)
    if run is None:
        raise FunctionsError("No function was taken back that could be written again.")
    _replace(project, _source(project) + run.parameters["added"].encode("latin-1"))
    project.store.runs.finish(run.id, "done", run.results)
    return str(run.parameters["name"])


def take_back(project: Project) -> str:
    """Remove the function written last from the file, exactly as it was written; returns its name.

    Its votes go when the functions vote the next time.

    Raises:
        FunctionsError: none was written, or it was changed since; the file is as it was.
    """
    run = last_written(project)
    if run is None:
        raise FunctionsError(
            "No function was written here that could be taken back.",
            "That is for those of `lf try --save` and of + in the app; others you delete in"
            f" {project.functions_file}.",
        )
    name = str(run.parameters["name"])
    rest = without(_source(project), run.parameters["added"].encode("latin-1"))
    if rest is None:
        project.store.runs.finish(run.id, KEPT, run.results)  # the next undo is another one's
        raise FunctionsError(
            f"{name} was changed since it was written, so it stays.",
            f"Delete it in {project.functions_file} if you no longer want it.",
        )
    _replace(project, rest)
    project.store.runs.finish(run.id, TAKEN_BACK, run.results)
    return name


def _append(
    project: Project, name: str, category: str, code: str, uses: Sequence[str]
) -> tuple[bytes, int]:
    """Append code; returns the bytes added and the line at which the function starts."""
    if not name.isidentifier() or iskeyword(name):
        raise FunctionsError(f"{name!r} is no name for a function.", "Use letters, digits and _.")
    if category not in project.schema.index:
        raise FunctionsError(
            f"{category!r} is no category.", f"There are: {', '.join(project.schema.names)}."
        )
    source = _source(project)
    if name in project_functions(project) or name in taken_names(source):
        raise FunctionsError(f"There is a function {name!r} already.", "Choose another name.")
    added = addition(source, code, uses)
    _replace(project, source + added)
    return added, (source + added).count(b"\n") - code.count("\n") + 1


def _replace(project: Project, content: bytes) -> None:
    """Put the content in the file's place if its functions load; else it is as it was."""
    path = project.functions_file
    trial = path.with_name(f"{path.stem}.new{path.suffix}")
    replace_file(trial, content)
    try:
        load_user_functions(trial, project.schema)
    except FunctionsError as error:
        raise FunctionsError(
            f"{error.message} ({trial.name} is what {path.name} would have become)", error.hint
        ) from error
    finally:
        trial.unlink(missing_ok=True)
    replace_file(path, content)


def _source(project: Project) -> bytes:
    path = project.functions_file
    try:
        return path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise FunctionsError(f"{path} cannot be read: {error.strerror or error}.") from error
