"""Lines of a file, plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from catreview.errors import InputError

_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: Path) -> Iterator[bytes]:
    """Read the lines of `path` as bytes with their line ends, without a byte order mark.

    Gzip is recognised by its content. Raises `InputError` for a file that is missing,
    unreadable, cut off, in UTF-16 or a spreadsheet; it may do so after lines have been read, and
    then nothing of the file should be kept.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a file", "Name the file inside it.")
    try:
        with path.open("rb") as file:
            yield from _without_bom(path, _uncompressed(path, file))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist", "Check the name and the folder.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path} is a damaged or cut-off gzip file: {error}",
            "Nothing was imported; copy or download the file again.",
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}",
            "Check that the file is yours to read and that its disk is healthy.",
        ) from error


def _uncompressed(path: Path, file: BufferedReader) -> Iterator[bytes]:
    # Not through the suffix alone: browsers unpack .gz downloads without renaming them.
    start = file.peek(len(_GZIP_MAGIC))
    if start.startswith(_GZIP_MAGIC):
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from unpacked
    elif not start and path.suffix.lower() == ".gz":
        raise EOFError("it is empty")
    else:
        yield from file


def _without_bom(path: Path, lines: Iterator[bytes]) -> Iterator[bytes]:
    first = next(lines, b"")
    if first.startswith(_ZIP_MAGIC):
        raise InputError(
            f"{path} is a spreadsheet or a zip archive, not text",
            "Save the sheet as CSV in UTF-8, or unpack the archive, and take that.",
        )
    if first.startswith(_UTF16_BOMS):
        raise InputError(
            f"{path} is in UTF-16",
            f"Convert it: iconv -f UTF-16 -t UTF-8 {path.name} > utf8-{path.name}",
        )
    if first:
        yield first.removeprefix(_UTF8_BOM)
    yield from lines
