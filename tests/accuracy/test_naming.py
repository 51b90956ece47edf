"""The judge of `auto`: what counts as right, and one cell through the whole pipeline."""

from benchmarks.judge.naming import Naming, NamingCell, confusions, name_set, nameable
from fusion.recognition.auto import UNKNOWN


def _said(movement: str, said: str, *, both: bool = False) -> Naming:
    return Naming(NamingCell(movement, "nominal", 1001, both_thighs=both), said, said, 1)


def test_the_family_is_right_unless_asked_strictly_or_seen() -> None:
    one = _said("glute_bridge", "sl_glute_bridge")
    assert one.right(one.said)
    assert not one.right(one.said, strict=True)
    both = _said("glute_bridge", "sl_glute_bridge", both=True)
    assert both.wrong(both.said)


def test_silence_is_neither_right_nor_wrong_where_there_was_something_to_name() -> None:
    silent = _said("rdl", UNKNOWN)
    assert not silent.right(silent.said)
    assert not silent.wrong(silent.said)


def test_silence_is_right_where_nothing_is_to_be_named() -> None:
    assert not nameable("foam_rolling")
    assert not nameable("leg_curl")
    assert _said("foam_rolling", UNKNOWN).right(UNKNOWN)
    assert _said("foam_rolling", "plank").wrong("plank")


def test_confusions_count_names_by_movement() -> None:
    table = confusions([_said("rdl", "rdl"), _said("rdl", UNKNOWN), _said("rdl", "rdl")])
    assert table == {"rdl": {"rdl": 2, UNKNOWN: 1}}


def test_a_set_done_by_a_tuning_person_is_named_through_the_whole_pipeline() -> None:
    named = name_set(NamingCell("hip_thrust", "nominal", 1001))
    assert named.right(named.said)
    assert named.right(named.said_early)
    assert named.names == 1
