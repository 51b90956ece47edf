"""One document of everything, made of stored documents and fit for JSON."""

import json

from fusion.programme.mix import goal
from fusion.programme.records import DoneSession, SetInputs, set_from
from fusion.programme.report import programme_document
from fusion.summary import rep_document, set_document
from fusion.types import Finding, RepSummary, SetSummary, Severity, Side
from tests.fusion.programme.weeks import CLASSES, MONDAY, session_on, set_of


def stored_set() -> DoneSession:
    """As the database gives it back: documents through JSON."""
    finding = Finding("lumbar_extension", Severity.WARN, 12.0, 7.2, 5.0, "deg")
    hint = Finding("hold_short", Severity.INFO, 12.0, 0.5, 0.8, "s")
    rep = RepSummary(
        0, 10.0, 11.5, 12.8, True, 0.9, 80.0, -3.0, 77.0, (1.2, 0.1, 1.3, 0.4), 0.4, float("nan"),
        side=Side.LEFT, metrics={"concentric_mean_dps": 61.0}, findings=(finding, hint),
    )  # fmt: skip
    done = SetSummary(0, "hip_thrust", 10.0, 30.0, (rep,), 0)
    document = json.loads(json.dumps(set_document(done)))
    reps = json.loads(json.dumps([rep_document(rep)]))
    return DoneSession("x", MONDAY, (set_from(document, reps, SetInputs(load_kg=40.0)),))


def test_what_was_stored_is_what_is_judged() -> None:
    session = stored_set()
    [rep] = session.sets[0].reps
    assert rep.side is Side.LEFT
    assert rep.findings == ("lumbar_extension",)
    assert rep.concentric_dps == 61.0
    assert rep.residual_deg != rep.residual_deg
    assert session.sets[0].inputs.load_kg == 40.0


def test_the_document_is_plain_json_with_every_part() -> None:
    sessions = [
        session_on(day, set_of(load_kg=50.0, side=side), set_of("clamshell", t_s=90.0))
        for day in (0, 3, 7, 10)
        for side in Side
    ]
    document = programme_document([*sessions, stored_set()], CLASSES, goal("glute_focus"))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    thrust = next(e for e in document["exercises"] if e["exercise"] == "hip_thrust")
    assert thrust["overload"]["advice"] == "more"
    assert thrust["balance"]["left_reps"] == 33
    assert {t["measure"] for t in thrust["trends"]} >= {"rom_deg", "quality_share"}
    assert document["weeks"][0]["monday"] == MONDAY.isoformat()


def test_a_person_without_history_gets_an_empty_but_whole_document() -> None:
    document = programme_document([], CLASSES, goal("speed"))
    assert document["weeks"] == []
    assert document["exercises"] == []
