"""The rule that weighs all sources: what it learns, what it labels, what the screen says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.projects import Command

from catreview.jobs.demo import make_demo
from catreview.jobs.labels.settling import settle, settle_if_learned
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.adding_up import AddedUp, add_up
from catreview.jobs.review.reviewing import ReviewSession
from catreview.records import ABSTAIN, Basis, Source, SourceKind

WEIGHED = {"labels": {"rule": "dawid-skene"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demonstration, labelled by priority."""
    with make_demo(tmp_path / "demo"):
        return tmp_path / "demo"


def weighed(project: Project) -> dict[int, tuple[str, float]]:
    rows = project.store.labels.all()
    return {n: (category, sure) for n, category, sure, basis in rows if basis == Basis.TOGETHER}


def test_the_rule_is_a_setting_and_labels_follow_at_the_next_command(
    folder: Path, catreview: Command
) -> None:
    with open_project(folder) as project:
        assert not weighed(project)
        before = project.store.labels.all()
    config = folder / "catreview.toml"
    config.write_text('[labels]\nrule = "dawid-skene"\n' + config.read_text("utf-8"), "utf-8")
    summary = catreview("prepare", "--json", "--project", folder).json()["labels"]
    assert sum(summary["together"].values()) > 500
    assert not any(summary["llm"].values())
    with open_project(folder, {"labels": {"rule": "priority"}}) as project:
        settle_if_learned(project)
        assert project.store.labels.all() == before
        assert project.store.error_rates.rates() == []


def test_a_wrong_rule_is_refused_with_the_line(folder: Path, catreview: Command) -> None:
    (folder / "catreview.toml").write_text('[labels]\nrule = "best"\n', "utf-8")
    ran = catreview("status", "--project", folder)
    assert (ran.code, "catreview.toml:2: labels.rule" in ran.err) == (2, True)


def test_until_something_is_learned_labels_stay_those_of_the_priority_rule(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        before = project.store.labels.all()
        session = ReviewSession(project, "disagreement", "me")
        session.decide(session.card(session.number(0)), "closing")
        session.undo()
        assert project.store.labels.all() == before


def test_a_review_settles_its_own_example_by_what_was_learned(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        before = project.store.labels.all()
        session = ReviewSession(project, "disagreement", "me")
        number = session.number(0)
        session.decide(session.card(number), "closing")
        changed = project.store.labels.get(number)
        assert changed is not None
        assert changed[0::2] == ("closing", "human")
        session.undo()
        assert project.store.labels.all() == before
        settle(project, [number])
        assert project.store.labels.all() == before


def test_nothing_is_settled_anew_where_nothing_was_learned(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        session = ReviewSession(project, "audit", "me")
        with project.store.transaction():
            project.store._connections.db.execute("DELETE FROM label")
        settle_if_learned(project)
        assert project.store.labels.counts() == {}
        session.decide(session.card(session.number(0)), "closing")
        settle_if_learned(project)
        assert len(weighed(project)) > 500


def test_reviews_of_random_samples_anchor_it_and_gold_has_no_part(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        first = project.store.error_rates.rates()
        session = ReviewSession(project, "value", "me")
        session.decide(session.card(session.number(0)), "closing")
        settle(project)
        assert project.store.error_rates.rates() == first
        store = project.store
        llms = store.votes.sources(SourceKind.LLM)
        gold = sorted(store.examples.gold())
        store.votes.put(llms[0].id, [(number, "closing", None) for number in gold])
        settle(project)
        assert store.error_rates.rates() == first
        for place in range(3):
            session = ReviewSession(project, "audit", "me")
            session.decide(session.card(session.number(place)), "closing")
        settle(project)
        assert store.error_rates.rates() != first


def test_the_rates_a_person_can_read_are_shares_of_each_sources_answers(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        sums: dict[tuple[int, str], float] = {}
        for row in project.store.error_rates.rates():
            sums[row.source, row.category] = sums.get((row.source, row.category), 0) + row.rate
        assert len(sums) == 2 * 6
        np.testing.assert_allclose(list(sums.values()), 1, atol=1e-4)
        assert sum(project.store.error_rates.shares().values()) == pytest.approx(1, abs=1e-4)


def test_the_models_votes_are_no_evidence(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        before = project.store.labels.all()
        store = project.store
        model = store.votes.source(Source(SourceKind.MODEL, "svm #1", "svm #1"))
        numbers = store.examples.all_numbers().tolist()
        store.votes.put(model.id, [(number, "closing", 1.0) for number in numbers])
        settle(project)
        assert project.store.labels.all() == before


def added_up(project: Project, number: int) -> AddedUp:
    return add_up(project, ReviewSession(project, "disagreement", "me").card(number))


def test_how_the_votes_add_up_tells_each_votes_pull_and_the_posterior(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        settle(project)
        number = ReviewSession(project, "disagreement", "me").number(0)
        label = project.store.labels.get(number)
        assert label is not None
        people, together, heuristic, model = added_up(project, number).levels
        assert [level.decides for level in (people, together, heuristic, model)] == [
            False, True, False, False,
        ]  # fmt: skip
        assert together.name == "all together"
        assert [pull.source for pull in together.pulls][1:] == ["heuristic"]
        assert all(0 < pull.weight < 1 for pull in together.pulls)
        assert together.comes_to[0][0] == label[0]
        assert together.comes_to[0][1] == pytest.approx(label[1], abs=1e-3)
        assert all(pull.source != "heuristic" for pull in heuristic.pulls)


def test_two_prompts_of_one_model_pull_each_with_its_own_weight(folder: Path) -> None:
    with open_project(folder, WEIGHED) as project:
        votes, names = project.store.votes, project.schema.names
        [good] = votes.sources(SourceKind.LLM)
        bad = votes.source(Source(SourceKind.LLM, good.name, "another prompt"))
        matrix = votes.matrix(project.store.examples.all_numbers(), [good], names)
        said = {
            number: names[code]
            for number, (code,) in zip(matrix.numbers.tolist(), matrix.codes, strict=True)
            if code != ABSTAIN
        }
        turned = {n: c if n % 3 == 0 else names[names.index(c) - 1] for n, c in said.items()}
        votes.put(bad.id, [(number, category, None) for number, category in turned.items()])
        settle(project)
        number = next(n for n, category in said.items() if turned[n] == category == "request")
        level = next(x for x in added_up(project, number).levels if x.name == "all together")
        first, second = (pull for pull in level.pulls if pull.source.startswith(good.name))
        assert first.category == second.category
        assert first.weight > second.weight + 0.01
