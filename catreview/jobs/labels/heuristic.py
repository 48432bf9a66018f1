"""The votes of functions and what is made of them, the heuristic; all of it is done `alone`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from catreview.jobs.alone import in_parts
from catreview.jobs.casting import cast, let_count
from catreview.jobs.labels.sampling import sampled_truth
from catreview.jobs.project import Project
from catreview.records import ABSTAIN, Source, SourceKind
from catreview.store import Codes, Numbers, Stale
from catreview.voting import Aggregate, combine


def cast_functions(
    project: Project,
    functions: Sequence[Source],
    numbers: Numbers,
    codes: Codes,
    others: Iterable[int] = (),
) -> None:
    """Store the votes (n, functions) on all examples; of other functions only `others` go on.

    The heuristic is stale then; `aggregate_votes` makes it anew.
    """
    project.store.unsettled.mark(Stale.HEURISTIC)
    cast(project, functions, numbers, codes)
    let_count(project, SourceKind.FUNCTION, functions, others)


def renew_heuristic(project: Project) -> None:
    """Aggregate the functions' votes as they are stored."""
    votes, numbers = project.store.votes, project.store.examples.all_numbers()
    functions = votes.sources(SourceKind.FUNCTION)
    stored = votes.matrix(numbers, functions, project.schema.names)
    aggregate_votes(project, numbers, stored.codes)


def aggregate_votes(project: Project, numbers: Numbers, codes: Codes) -> Aggregate:
    """Aggregate the functions' votes (n, functions) and given labels; store it as the heuristic.

    Methods that learn do so from the reviews of random samples (audit and pilot), never from gold.
    The labels are stale then.
    """
    store, schema = project.store, project.schema
    method = project.settings.heuristic.method
    marks = [mark for mark, what in store.unsettled.marks().items() if what is Stale.HEURISTIC]
    given = store.votes.matrix(numbers, store.votes.sources(SourceKind.GIVEN), schema.names)
    codes = np.hstack([codes, given.codes])
    heuristic = combine(method, codes, len(schema.names), sampled_truth(project, numbers))
    _put_tallies(project, numbers, heuristic)
    source = Source(SourceKind.HEURISTIC, "heuristic", method)
    sure = np.minimum(heuristic.confidence, 1.0)
    cast(project, [source], numbers, heuristic.label[:, None], sure[:, None])
    let_count(project, SourceKind.HEURISTIC, [source])
    with store.transaction():
        store.unsettled.mark(Stale.LABELS)
        store.unsettled.clear(marks)
    return heuristic


def heuristic_of(project: Project, functions: Sequence[Source], codes: Codes) -> Codes:
    """What the heuristic would say of messages outside the project, (n,), or `ABSTAIN`.

    `codes` (n, functions) are their votes. The method is the project's; where it learns, it does
    so from the project's votes and reviews, as for messages of its own.
    """
    store, names = project.store, project.schema.names
    method = project.settings.heuristic.method
    if method == "majority":  # row by row: the others need not be looked at
        return combine(method, codes, len(names), np.full(len(codes), ABSTAIN, np.int16)).label
    numbers = store.examples.all_numbers()
    found = [store.votes.find(function) for function in functions]
    stored = [source for source in found if source is not None]
    given = store.votes.sources(SourceKind.GIVEN)
    own = np.full((len(numbers), len(functions) + len(given)), ABSTAIN, dtype=np.int16)
    voted = [column for column, source in enumerate(found) if source is not None]
    columns = [*voted, *range(len(functions), own.shape[1])]
    own[:, columns] = store.votes.matrix(numbers, [*stored, *given], names).codes
    asked = np.pad(codes, ((0, 0), (0, len(given))), constant_values=ABSTAIN)
    truth = np.pad(sampled_truth(project, numbers), (0, len(codes)), constant_values=ABSTAIN)
    return combine(method, np.vstack([own, asked]), len(names), truth).label[len(numbers) :]


def _put_tallies(project: Project, numbers: Numbers, heuristic: Aggregate) -> None:
    tallies = project.store.tallies
    votes, categories = tallies.of(numbers)
    new = np.flatnonzero((votes != heuristic.votes) | (categories != heuristic.categories))
    for part in in_parts(len(new)):
        at = new[part]
        tallies.put(numbers[at], heuristic.votes[at], heuristic.categories[at])
