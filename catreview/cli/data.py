"""`import`, `prepare`, `export`: data in and out."""

from __future__ import annotations

from pathlib import Path

import click

from catreview.cli import output, tables, talk
from catreview.cli.options import json_option, opened, project_option, quiet_option
from catreview.cli.steps import placed, say_next
from catreview.errors import ExitCode
from catreview.wording import counted


@click.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=False))
@click.option("--text", help="Column with the message.")
@click.option("--previous", help="Column with the message before it.")
@click.option("--id", "id_", help="Column with a stable id.")
@click.option("--conversation", help="Column that says which conversation it belongs to.")
@click.option("--speaker", help="Column with who said it.")
@click.option("--label", help="Column with a label.")
@click.option("--gold", is_flag=True, help="The labels are people's: lock them as gold.")
@click.option("--undo", is_flag=True, help="Take the last import back: its messages go again.")
@json_option
@quiet_option
@project_option
def import_command(
    files: tuple[Path, ...],
    text: str | None,
    previous: str | None,
    id_: str | None,
    conversation: str | None,
    speaker: str | None,
    label: str | None,
    gold: bool,
    undo: bool,
    as_json: bool,
    quiet: bool,
    project: Path | None,
) -> int:
    """Bring in messages from JSONL, CSV or TSV files (gzip too).

    Columns are found by name (text, previous, id, conversation, speaker, label, turn, and
    their usual synonyms), and it says which. Messages of a conversation follow each other as
    in the file. Importing a file again adds nothing. Lines that cannot be used are counted and
    named; the others come in. Exit code 1 where some could not be read: malformed, or not UTF-8.

    A label in the file votes beside the labelling functions; with --gold it is a person's
    decision, set aside for measuring, and the file may hold just id and label.

    With --undo the messages that the last import added go again, with their votes and labels,
    unless somebody has reviewed one of them. A copy of the database is kept.

    \b
    catreview import chats.jsonl.gz
    catreview import export.csv --text reply --conversation ticket
    catreview import checked.jsonl --gold
    """  # noqa: D301 -- click wants the character itself
    from catreview.importers import Columns
    from catreview.jobs.importing import import_messages

    if undo == bool(files):
        raise click.UsageError("Name files to import, or --undo alone.")
    if undo:
        return _take_back(project, as_json=as_json)
    columns = Columns(text, previous, id_, conversation, speaker, label)
    reports = []
    with opened(project) as found:
        for file in files:
            before = found.store.examples.last()
            with talk.progress(quiet=quiet) as show:
                result = import_messages(found, file, columns, gold=gold, report=show)
            reports.append(result)
            labels = f", {result.gold:,} gold" if gold else f", {result.labels:,} with a label"
            talk.say(f"{file}: {result.new:,} new, {result.known:,} known{labels}")
            for line in filter(None, [result.column_line(), *result.problem_lines()]):
                talk.say(f"  {line}")
            if before and result.new:
                undo_it = placed("catreview import --undo", found)
                talk.say(f"  not what you meant? {undo_it} takes these back")
        if as_json:
            output.emit_json({"schema_version": 1, "files": [r.as_json() for r in reports]})
        else:
            say_next(found)
    return max(result.exit_code for result in reports)


def _take_back(project: Path | None, *, as_json: bool) -> int:
    from catreview.jobs.withdrawing import take_back

    with opened(project) as found:
        done = take_back(found)
        messages, votes = done.holdings.messages, done.holdings.votes
        talk.say(
            f"{done.imported.file}: {counted(messages, 'message')} taken back,"
            f" with {counted(votes, 'vote')}."
        )
        talk.say(f"The database as it was: {done.copy}")
        if as_json:
            output.emit_json(
                {"schema_version": 1, "file": done.imported.file, "messages": messages,
                 "votes": votes, "copy": str(done.copy)}
            )  # fmt: skip
        else:
            say_next(found)
    return ExitCode.DONE


@click.command("prepare")
@click.option(
    "--llm-labels",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help='Rows {"id", "label"}, also "source" and "confidence": votes of an LLM.',
)
@json_option
@project_option
def prepare_command(files: tuple[Path, ...], as_json: bool, project: Path | None) -> int:
    """Bring in recorded LLM votes, settle every label, say what each source contributes.

    Exit code 1 where lines could not be read: malformed, or not UTF-8.
    """
    from catreview.jobs.importing import import_votes
    from catreview.jobs.labels.settling import settle
    from catreview.jobs.labels.summary import sources_summary

    with opened(project) as found:
        reports = import_votes(found, *files)
        settle(found)
        for result in reports:
            talk.say(f"{result.file}: {counted(result.labels, 'vote')}")
            for line in result.problem_lines():
                talk.say(f"  {line}")
        summary = sources_summary(found)
        if as_json:
            output.emit_json(
                {**summary.as_json(), "files": [result.as_json() for result in reports]}
            )
        else:
            output.emit(tables.sources(summary))
            say_next(found)
    return max((result.exit_code for result in reports), default=ExitCode.DONE)


@click.command("export")
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="Default: stdout.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["jsonl", "csv"]),
    help="Default: csv for an output named so, else jsonl.",
)
@project_option
def export_command(target: Path | None, format_: str | None, project: Path | None) -> None:
    """Write every example with its label and where that comes from.

    JSON lines also have every source's vote. In CSV a cell that a spreadsheet would run as a
    formula gets an apostrophe before it.
    """
    from catreview.jobs.exporting import export

    chosen = format_ or ("csv" if target is not None and target.suffix == ".csv" else "jsonl")
    with opened(project) as found:
        count = export(found, target, chosen)
        if target is not None:
            talk.say(f"{counted(count, 'example')} written to {target}")
