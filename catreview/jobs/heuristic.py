"""The votes of functions and what is made of them, the heuristic; all of it is done `alone`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from catreview.jobs.alone import in_parts
from catreview.jobs.casting import cast, let_count
from catreview.jobs.project import Project
from catreview.jobs.sampling import sampled_truth
from catreview.records import Source, SourceKind
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


def _put_tallies(project: Project, numbers: Numbers, heuristic: Aggregate) -> None:
    tallies = project.store.tallies
    votes, categories = tallies.of(numbers)
    new = np.flatnonzero((votes != heuristic.votes) | (categories != heuristic.categories))
    for part in in_parts(len(new)):
        at = new[part]
        tallies.put(numbers[at], heuristic.votes[at], heuristic.categories[at])
