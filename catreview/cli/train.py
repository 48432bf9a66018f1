"""`train`, `report`, `predict`, `check`: the classifier."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from catreview.cli import output, tables, talk
from catreview.cli.options import (
    Number,
    attached_option,
    json_option,
    opened,
    project_option,
    quiet_option,
)
from catreview.cli.steps import placed, say_next
from catreview.cli.watching import end_with_parent
from catreview.errors import ExitCode, InputError
from catreview.store import GOLD
from catreview.wording import counted


@click.command("train")
@click.option(
    "--labels",
    type=click.Choice(["auto", "trusted", "all", "weak"]),
    help="What to learn from. Default: auto, human and LLM labels where there are enough.",
)
@click.option("--seed", type=int, help="For the split into folds.")
@json_option
@quiet_option
@attached_option
@project_option
def train_command(
    labels: str | None,
    seed: int | None,
    as_json: bool,
    quiet: bool,
    attached: bool,
    project: Path | None,
) -> None:
    """Train the classifier, measure it on gold, let it vote on every example."""
    from catreview.jobs.training.modelling import train

    if attached:
        end_with_parent()
    with opened(project, {"training": {"labels": labels, "seed": seed}}) as found:
        with talk.progress(quiet=quiet, attached=attached) as show:
            result = train(found, show)
        if as_json:
            output.emit_json(result.as_json())
        else:
            output.emit(tables.scores(result.as_json()))
        for category, count in result.trained_on.too_few.items():
            labels_ = counted(count, "label")
            talk.say(f"{category} has {labels_} to learn from: review more of them")
        if not as_json:
            say_next(found)


@click.command("report")
@click.option("--fail-under", type=Number(0, 1), help="Exit 1 below this macro F1.")
@json_option
@project_option
def report_command(fail_under: float | None, as_json: bool, project: Path | None) -> int:
    """Show the last model's scores: what they were measured on, per class, confusion.

    With --fail-under a score on gold is asked for; without gold the exit code is 1 too.
    """
    from catreview.jobs.training.reporting import last_report

    with opened(project) as found:
        report = last_report(found)
        if as_json:
            output.emit_json(report)
        else:
            output.emit(tables.scores(report))
        if report["stale"]:
            again = placed("catreview train", found)
            talk.say(f"Gold has changed since: measure again with {again}")
        value = report["macro_f1"]["value"]
        if fail_under is not None and report["against"] != GOLD:
            gold = placed("catreview review --queue gold", found)
            talk.say(f"Only a score on gold can pass: {gold}")
            return ExitCode.GATE
        if fail_under is not None and value < fail_under:
            talk.say(f"macro F1 {value:.3f} is under {fail_under:.3f}")
            return ExitCode.GATE
    return ExitCode.DONE


@click.command("predict")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--text", help="Column with the message.")
@click.option("--previous", help="Column with the message before it.")
@click.option("--id", "id_", help="Column with an id, to be given back.")
@click.option("--conversation", help="Column that says which conversation it belongs to.")
@project_option
def predict_command(
    file: Path,
    text: str | None,
    previous: str | None,
    id_: str | None,
    conversation: str | None,
    project: Path | None,
) -> None:
    """Classify the messages of FILE (or - for stdin) with the last model.

    JSON lines with "text" (also "id", "previous", "conversation"), plain lines of text, or a file
    named .csv or .tsv, whose columns are found and named as in an import. Prints a JSON line each:
    id where given, label, confidence.
    """
    from catreview.importers import Columns, is_table
    from catreview.importers.lines import read_lines
    from catreview.jobs.training.predicting import predict_lines, predict_table

    columns = Columns(text, previous, id_, conversation)
    table = str(file) != "-" and is_table(file)
    if columns.overrides() and not table:
        raise click.UsageError("Columns are named for a .csv or .tsv file; JSON lines name theirs.")
    with opened(project) as found:
        if table:
            rows = predict_table(found, file, columns)
        else:
            typed = str(file) == "-"
            lines = _decoded(sys.stdin.buffer if typed else read_lines(file), file)
            rows = predict_lines(found, lines, "stdin" if typed else str(file))
        for row in rows:
            # Not as a report is: with nobody left to read, there is nothing more to do.
            sys.stdout.write(f"{json.dumps(row, ensure_ascii=False)}\n")


def _decoded(lines: Iterable[bytes], file: Path) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"{file}:{number}: not UTF-8", "Convert it: iconv -f CP1252 -t UTF-8"
            ) from error


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@project_option
def check_command(file: Path, as_json: bool, project: Path | None) -> int:
    """Run your own cases (text, label; also previous) through functions, heuristic and model.

    The model has the last word, or the heuristic where nothing is trained yet, by the method that
    the project uses. Exit code 1 where a case comes out wrong.
    """
    from catreview.jobs.training.checking import check_cases

    with opened(project) as found:
        cases = check_cases(found, file)
    wrong = sum(not case.right for case in cases)
    if as_json:
        output.emit_json(
            {
                "schema_version": 1,
                "cases": [case.as_json() for case in cases],
                "right": len(cases) - wrong,
                "wrong": wrong,
            }
        )
    else:
        output.emit(tables.cases(cases))
        output.emit(f"{len(cases) - wrong} of {len(cases)} right")
    return ExitCode.GATE if wrong else ExitCode.DONE
