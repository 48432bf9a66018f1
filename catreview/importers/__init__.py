"""Messages and recorded votes in: files to examples, nothing stored."""

from catreview.importers.columns import Columns, Role
from catreview.importers.messages import Header, Incoming, read_header, read_messages
from catreview.importers.problems import Problem, ProblemKind, lines_as_ranges
from catreview.importers.rows import is_table, read_table
from catreview.importers.votes import LabelRow, read_label_rows

__all__ = [
    "Columns",
    "Header",
    "Incoming",
    "LabelRow",
    "Problem",
    "ProblemKind",
    "Role",
    "is_table",
    "lines_as_ranges",
    "read_header",
    "read_label_rows",
    "read_messages",
    "read_table",
]
