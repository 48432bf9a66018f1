"""The command group: loads a command's module when it runs, and turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from catreview import __version__
from catreview.cli import output, talk
from catreview.errors import CatreviewError, ExitCode

# Nothing here multiplies matrices that are worth BLAS's threads: without, numpy loads sooner.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# name -> (module, one line for the help). The line stands here so that `catreview --help`
# loads no command, hence neither textual nor scikit-learn.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Try everything on ready-made chats: no key, no network."),
    "init": ("project", "Make a project: its configuration and an example function."),
    "import": ("data", "Bring in messages (JSONL, CSV, TSV; gzip too)."),
    "lf": ("functions", "Labelling functions: try, list, run, stats, new, undo, switch, race."),
    "pilot": ("pilot", "Try LLMs, prompts, batch sizes on a sample before labelling everything."),
    "label": ("label", "Let the LLM vote on what the functions can't decide."),
    "prepare": ("data", "Bring in recorded LLM votes; say what each source contributes."),
    "review": ("review", "Open the review app (also: bare `catreview` in a project)."),
    "keys": ("keys", "The review app's keys, with your own from [keys] in catreview.toml."),
    "queue": ("queues", "Put a review queue in order, and see how it begins."),
    "serve": ("serve", "The review app in a browser of this machine."),
    "train": ("train", "Train the classifier on the labels and measure it on gold."),
    "tune": ("tune", "Let a pretrained encoder learn the labels (extra: encoder)."),
    "report": ("train", "Show the last model's scores; a gate for scripts."),
    "forecast": ("quality", "How many more reviews reach the target; how right the labels are."),
    "agree": ("quality", "How far sources and reviewers agree, and who does harm."),
    "predict": ("train", "Classify messages with the last model."),
    "check": ("train", "Run your own cases through the whole pipeline."),
    "rename": ("rename", "Let what is stored follow a category to its new name."),
    "export": ("data", "Write every example with its label, its votes too as JSON lines."),
    "status": ("project", "Where the project stands and what to do next."),
    "doctor": ("project", "Check key, endpoint, model, database and disk."),
}


@contextmanager
def loading() -> Iterator[None]:
    """Inside and in what was loaded, garbage is not looked for: modules stay.

    That would take a tenth of loading them.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class UnreadError(Exception):
    """Who reads the output has what they wanted, as in `catreview export | head`."""


@contextmanager
def unread() -> Iterator[None]:
    """Inside, a pipe that nobody reads any more raises what click does not take for a failure."""
    try:
        yield
    except BrokenPipeError:
        raise UnreadError from None


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """As click does, which writes the help here, but a pipe that nobody reads is no failure."""
        with unread():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but a pipe that nobody reads any more is told apart from a failure."""
        with unread():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, its module imported now."""
        if cmd_name not in COMMANDS:
            return None
        with loading():
            module = import_module(f"catreview.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The help's list, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a guess where the name is mistyped."""
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {name!r}.{guess}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="catreview")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Turn messages with poor labels into a small, fast classifier that people trust.

    Labelling functions and LLMs vote on every message; you accept or fix the label with one
    key; an SVM learns from it; everything is kept in one SQLite file. Nothing is sent anywhere
    but to the LLM you configure, and there is no telemetry.

    \b
    First steps:   catreview demo
    Your own data: catreview init chats && cd chats
                   catreview import messages.jsonl && catreview lf run
                   catreview review --queue gold
    At any time:   catreview status, which says what to do next

    Exit codes: 0 done, 1 a gate was not met or items failed, 2 usage or configuration,
    3 provider unreachable or unauthorised, 5 stopped by a limit (resumable), 130 interrupted.
    """  # noqa: D301 -- click wants the character itself
    if ctx.invoked_subcommand is None:
        with loading():
            from catreview.cli.review import open_here_or_help

        open_here_or_help(ctx)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and exit with its code."""
    code: Any = ExitCode.DONE
    output.open_stdout()
    try:
        code = cli.main(args=arguments, prog_name="catreview", standalone_mode=False)
        sys.stdout.flush()
    except CatreviewError as error:
        talk.error(error)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        talk.say("Interrupted; what was stored is safe.")
        code = ExitCode.INTERRUPTED
    except (UnreadError, BrokenPipeError):
        output.discard()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        said = f"{where}{error.strerror or error}."
        talk.error(CatreviewError(said, "What was stored is safe. Mend that, then run it again."))
        output.discard()
        code = ExitCode.USAGE
    sys.exit(int(code or 0))
