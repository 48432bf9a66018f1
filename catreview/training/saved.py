"""Models as files: a line of JSON that says what the file is, then the pickled model.

A pickle can run any code when it is read. These are read by a reader that knows the parts of a
model and nothing else, so a file from elsewhere can at worst predict nonsense.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import tempfile
import zlib
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, Self

import sklearn

from catreview.errors import TrainingError
from catreview.schema import Schema
from catreview.training.features import FEATURES_VERSION
from catreview.training.model import TrainedModel

FORMAT: Final = "catreview-model"
FORMAT_VERSION: Final = 3
_LONGEST_HEADER: Final = 1_000_000
_PARTS: Final = {
    "catreview.records": {"Source", "SourceKind"},
    "catreview.training.model": {"TrainedModel"},
    "catreview.training.features": {
        "Block", "Vectoriser", "_words", "_previous", "_openings", "_markers",
    },
    "catreview.training.vectors": {"EncoderName", "VectorFeatures"},
    "catreview.training.terms": {"TfIdf", "_Numbering"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy._core.multiarray": {"_reconstruct"},
    "numpy.core.numeric": {"_frombuffer"},  # numpy 1
    "numpy.core.multiarray": {"_reconstruct"},
}  # fmt: skip
"""What a model is made of, by module."""
_RETRAIN: Final = "run `catreview train` to make a new model"


@dataclass(frozen=True, slots=True)
class ModelHeader:
    """The first line of a model file. `created` is the caller's timestamp (ISO 8601)."""

    format: str
    format_version: int
    categories: tuple[str, ...]
    functions: tuple[tuple[str, str], ...]
    """Name and fingerprint of each labelling function whose votes the model looks at."""
    encoder: str
    """Where the encoder whose vectors the model looks at came from; empty: it looks at none."""
    schema_fingerprint: str
    """What the categories were then, with their definitions; the names alone must fit."""
    features_version: int
    scikit_learn: str
    trained_on: int
    seed: int
    created: str
    sha256: str
    """Of everything after the header, against damage; it is no signature."""

    @classmethod
    def parse(cls, line: bytes, path: Path) -> Self:
        """Read a header line; raises TrainingError where it is none or is of a newer format."""
        try:
            fields = json.loads(line)
            known = fields["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise TrainingError(f"{path} is not a catreview model", _RETRAIN)
        if fields["format_version"] != FORMAT_VERSION:
            raise TrainingError(
                f"{path} has model format {fields['format_version']}, this catreview reads"
                f" {FORMAT_VERSION}",
                "upgrade catreview, or " + _RETRAIN,
            )
        try:
            functions = tuple((name, fingerprint) for name, fingerprint in fields["functions"])
            lists = {"categories": tuple(fields["categories"]), "functions": functions}
            return cls(**{**fields, **lists})
        except (KeyError, TypeError, ValueError) as error:
            raise TrainingError(f"{path} has a damaged header", _RETRAIN) from error


def save_model(model: TrainedModel, path: Path, *, schema: Schema, created: str) -> None:
    """Write `model` to `path` in one step, mode 0600: a reader sees the old file or the new one.

    Raises TrainingError where it cannot be written.
    """
    whole = io.BytesIO()
    _Writer(whole, protocol=5).dump(model)
    body = zlib.compress(whole.getvalue(), 1)
    header = ModelHeader(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        categories=model.categories,
        functions=tuple((source.name, source.fingerprint) for source in model.sources),
        encoder=model.vector_features.encoder.source if model.vector_features else "",
        schema_fingerprint=schema.fingerprint,
        features_version=FEATURES_VERSION,
        scikit_learn=sklearn.__version__,
        trained_on=model.trained_on,
        seed=model.seed,
        created=created,
        sha256=hashlib.sha256(body).hexdigest(),
    )
    try:
        _replace(path, json.dumps(asdict(header)).encode() + b"\n" + body)
    except OSError as error:
        raise TrainingError(
            f"the model {path} cannot be written: {error.strerror or error}",
            "Nothing else was changed. May you write there, is the disk full?",
        ) from error


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A temporary file of `tempfile` is readable by its owner alone.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_model(path: Path, *, schema: Schema) -> TrainedModel:
    """Load a model for `schema`; nothing is unpickled before the header was checked.

    Raises TrainingError where the file is missing, damaged, of another format, categories, features
    or scikit-learn release, or holds anything but the parts of a model.
    """
    header, body = _read(path)
    # Not by the fingerprint: what a category's definition says is nothing to a classifier.
    if header.categories != schema.names:
        raise TrainingError(
            f"{path.name} was trained for other categories: {', '.join(header.categories)}",
            _RETRAIN,
        )
    if header.features_version != FEATURES_VERSION:
        raise TrainingError(
            f"{path.name} was trained with other features"
            f" ({header.features_version}, here {FEATURES_VERSION})",
            _RETRAIN,
        )
    if _release(header.scikit_learn) != _release(sklearn.__version__):
        raise TrainingError(
            f"{path.name} was trained with scikit-learn {header.scikit_learn}, here is"
            f" {sklearn.__version__}",
            _RETRAIN,
        )
    if hashlib.sha256(body).hexdigest() != header.sha256:
        raise TrainingError(f"{path.name} is damaged", _RETRAIN)
    try:
        model = _Reader(io.BytesIO(zlib.decompress(body))).load()
    except Exception as error:  # whatever a pickle that is not ours may bring about
        raise TrainingError(f"{path.name} holds no model: {error}", _RETRAIN) from error
    if not isinstance(model, TrainedModel):
        raise TrainingError(f"{path.name} holds no model", _RETRAIN)
    return model


class _Writer(pickle.Pickler):
    """Writes the kind of a source by its value: Python 3.11 would write it as a `getattr`."""

    def reducer_override(self, part: Any) -> Any:
        """How to make `part` again, where it is an enumeration's; else as ever."""
        if isinstance(part, Enum):
            return type(part), (part.value,)
        return NotImplemented


class _Reader(pickle.Unpickler):
    """Reads what `_PARTS` names and nothing else."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """A part of a model, by its module and name."""
        if global_name not in _PARTS.get(module_name, ()):
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is no part of one")
        return super().find_class(module_name, global_name)


def _read(path: Path) -> tuple[ModelHeader, bytes]:
    try:
        with path.open("rb") as file:
            header = ModelHeader.parse(file.readline(_LONGEST_HEADER), path)
            return header, file.read()
    except OSError as error:
        raise TrainingError(f"cannot read the model {path}: {error.strerror}", _RETRAIN) from error


def _release(version: str) -> str:
    return ".".join(version.split(".")[:2])
