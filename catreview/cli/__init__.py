"""The command line: thin commands over the jobs. Stdout is data, stderr is talk."""

from catreview.cli.app import main

__all__ = ["main"]
