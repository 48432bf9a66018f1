"""What more reviews would bring, and the audit, on the demonstration's chats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.projects import Command, write_jsonl

from catreview.importers import Columns
from catreview.jobs.demo import data_folder, make_demo
from catreview.jobs.functions.weak import run_functions
from catreview.jobs.importing import import_messages
from catreview.jobs.labels.auditing import audit
from catreview.jobs.labels.settling import settle
from catreview.jobs.overview import overview
from catreview.jobs.project import Project, open_project
from catreview.jobs.review.reviewing import ReviewSession
from catreview.jobs.training import forecasting
from catreview.jobs.training.classifying import fit_classifier
from catreview.jobs.training.forecasting import REVIEWED, forecast
from catreview.jobs.training.forecasts import Outlook, last_forecast
from catreview.jobs.training.modelling import training_set
from catreview.jobs.works import works
from catreview.store import Action, Review
from catreview.training.evaluation import evaluate

READINGS = {
    (row["id"], row["source"]): row["label"]
    for row in map(
        json.loads, (data_folder() / "llm_votes.jsonl").read_text(encoding="utf-8").splitlines()
    )
}


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration in which the better reader has reviewed eighty messages of the audit."""
    folder = tmp_path_factory.mktemp("forecast") / "demo"
    with make_demo(folder) as project:
        review(project, 80)
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "REPEATS", 1)
    monkeypatch.setattr(forecasting, "SHARES", (0.2, 0.6, 1.0))


def review(project: Project, most: int) -> None:
    session = ReviewSession(project, "audit", "me")
    with project.store.transaction():
        for position in range(most):
            card = session.card(session.number(position))
            session.decide(card, READINGS[card.example.id, "reader-in-context"], 3.0)


def test_the_curve_is_measured_on_gold_with_more_and_more_reviews(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        expected = forecast(project, 0.85)
    assert expected.reviews == 80
    assert expected.against == "gold"
    assert sorted({size for size, _ in expected.points}) == [16, 48, 80]
    assert expected.outlook in (Outlook.UNKNOWN, Outlook.OUT_OF_REACH)
    assert len(expected.weakest) == 2
    assert expected.now is not None
    assert 0.4 < expected.now < 0.85


def test_what_is_not_counted_as_reviewed_is_trained_on_as_the_machine_labels_it(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels: list[np.ndarray[Any, Any]] = []

    def decide(_: object, given: np.ndarray[Any, Any], asked: Any) -> np.ndarray[Any, Any]:
        labels.append(given)
        return np.zeros(asked.shape[0], dtype=np.int16)

    with open_project(reviewed) as project:
        rows = np.isin(training_set(project).numbers, list(project.store.reviews.decided()))
        people = training_set(project).codes[rows]
        with monkeypatch.context() as recorded:
            recorded.setattr("catreview.training.refits.Refits.decide", decide)
            forecast(project, 0.85)
    changed = [int((given[rows] != people).sum()) for given in labels]
    assert changed[0] > changed[1] > changed[2] == 0


def test_an_audit_aims_at_99_percent_at_most(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = project.store.reviews
    monkeypatch.setattr(reviews, "checked_in", lambda _: [("closing", "closing")] * 1_000)
    found = audit(project)
    assert found.bound > 0.99
    assert (found.goal, found.more) == (0.99, 0)


def test_the_dashboard_counts_the_reviews_that_a_forecast_goes_by(
    filled: Project, tmp_path: Path
) -> None:
    rows = [
        {"id": "b3", "text": "zzz qqq", "label": "statement"},
        {"id": "c0", "text": "by itself", "label": "statement"},
    ]
    import_messages(filled, write_jsonl(tmp_path / "gold.jsonl", rows), Columns(), gold=True)
    number = filled.store.examples.numbers(["a0", "a1", "a2", "b0", "c0"])
    session = ReviewSession(filled, "audit", "me")
    for example in ("a0", "a1", "b0", "c0"):  # the last are beside gold, and gold
        session.decide(session.card(number[example]), "question")
    unseen = Review(number["a2"], "me", Action.ACCEPT, "statement", bulk=1)
    filled.store.reviews.append_all([unseen])
    settle(filled)
    assert forecast(filled).reviews == overview(filled).reviewed == 2


def test_the_last_forecast_is_kept_as_it_was_made(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        made = forecast(project, 0.99)
        kept = last_forecast(project)
        assert kept is not None
        assert kept.as_json() == made.as_json()
        assert kept.in_words() == made.in_words()
        assert works(project).runs[0].result == made.in_words()


def test_a_forecast_that_fails_leaves_the_last_one(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_project(reviewed) as project:
        before = forecast(project, 0.9)
        monkeypatch.setattr(forecasting, "evaluate", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forecast(project, 0.8)
        assert project.store.runs.recent(1)[0].status == "failed"
        kept = last_forecast(project)
        assert kept is not None
        assert kept.target == before.target


def test_the_same_model_as_in_training_is_measured_with_all_reviews(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        now = forecast(project).now
        data = training_set(project)
        classifier, _ = fit_classifier(
            project, data.examples, data.numbers, data.codes, cross_fit=False
        )
        gold = project.store.examples.gold()
        said = classifier.predict(project.store.examples.get(list(gold))).codes
        truth = [project.schema.index[category] for category in gold.values()]
        macro = evaluate(truth, said, project.schema.names, seed=0, n_bootstrap=1).macro_f1
    assert now == pytest.approx(macro.value, abs=1e-4)


def test_with_few_reviews_nothing_is_told(filled: Project) -> None:
    expected = forecast(filled)
    assert (expected.reviews, expected.outlook, expected.now) == (0, Outlook.UNKNOWN, None)


def test_without_gold_the_curve_is_measured_on_reviews_held_out(
    reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_project(reviewed) as project:
        monkeypatch.setattr(project.store.examples, "gold", dict)
        expected = forecast(project, 0.99)
    assert expected.against == REVIEWED
    assert 10 < expected.n < 40
    assert max(size for size, _ in expected.points) <= 80 - expected.n + 5


def test_an_audit_after_a_reviewed_pilot_still_draws_every_category(
    project: Project, tmp_path: Path
) -> None:
    said = ["what time is it?" if i % 10 == 0 else "the bus was late again" for i in range(400)]
    rows = [{"id": f"m{i:03}", "text": text} for i, text in enumerate(said)]
    import_messages(project, write_jsonl(tmp_path / "many.jsonl", rows), Columns())
    run_functions(project)
    with open_project(project.folder, {"pilot": {"size": 40}}) as few:
        pilot = ReviewSession(few, "pilot", "me")
        cards = [pilot.card(pilot.number(place)) for place in range(40)]
        for card in cards:
            assert card.label is not None
            pilot.decide(card, card.label.category)
        assert sum("?" in card.example.text for card in cards) == 20
        drawn = ReviewSession(few, "audit", "me").rows(0, 90)
    # Twenty questions are left among 360 messages: about five in any random quarter.
    assert 2 <= sum("?" in row.text for row in drawn) <= 8


def test_deciding_an_audited_message_again_changes_what_is_right_and_not_what_was_shown(
    reviewed: Path,
) -> None:
    with open_project(reviewed) as project:
        before = audit(project)
        number = project.store.reviews.decisions()[0].example
        session = ReviewSession(project, "audit", "me")
        card = session.card(number)
        assert card.decided is not None
        session.decide(card, card.decided)
        assert audit(project) == before
        session.undo()


def test_the_audit_counts_the_audit_queue_alone(reviewed: Path) -> None:
    with open_project(reviewed) as project:
        before = audit(project)
        assert before.checked == 80
        assert 40 < before.right < 80
        assert before.bound < before.right / 80
        other = ReviewSession(project, "ambiguous", "me")
        with project.store.transaction():
            other.decide(other.card(other.number(0)), "closing")
            assert audit(project) == before
            other.undo()


def test_forecast_prints_both_and_gives_them_as_json(catreview: Command, reviewed: Path) -> None:
    ran = catreview("forecast", "--target", "0.3", "--project", reviewed)
    assert ran.code == 0
    assert ran.out.startswith("30 % is reached.")
    assert "gold examples" in ran.out
    assert "(95 % confidence, 80 checked)" in ran.out
    found = catreview("forecast", "--certify", "0.99", "--json", "--project", reviewed).json()
    assert found["audit"]["more_to_certify"] is None
    assert found["forecast"]["reviews"] == 80
    json.dumps(found, allow_nan=False)


def test_it_says_so_where_its_models_keep_labels_that_training_drops(
    reviewed: Path, catreview: Command
) -> None:
    config = reviewed / "catreview.toml"
    before = config.read_text("utf-8")
    assert "doubtful" not in catreview("forecast", "--project", reviewed).out
    assert "[training]" not in before
    config.write_text(f'{before}\n[training]\ndoubtful = "drop"\n', "utf-8")
    try:
        shown = catreview("forecast", "--project", reviewed).out
    finally:
        config.write_text(before, "utf-8")
    assert 'without doubtful = "drop": its models keep every label' in shown
    with open_project(reviewed) as project:
        kept = last_forecast(project)
    assert kept is not None
    assert kept.kept_doubtful


def test_forecast_without_reviews_says_what_to_do(catreview: Command, filled: Project) -> None:
    ran = catreview("forecast", "--project", filled.folder)
    assert ran.code == 0
    assert "cannot be told from 0" in ran.out
    assert f"catreview review --project {filled.folder} --queue audit" in ran.out
