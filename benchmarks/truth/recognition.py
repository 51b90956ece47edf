"""`auto`: is every movement called by its name? Confusions over all movements, by people nobody tuned on."""

from __future__ import annotations

import os
from collections.abc import Sequence

from benchmarks.harness import Progress, Report, Row, at_least, at_most
from benchmarks.judge.naming import Naming, NamingCell, confusions, name_sets
from benchmarks.judge.subjects import REPORTED
from fusion import exercises
from fusion.exercises.families import families
from fusion.recognition.auto import UNKNOWN

COMMAND = "make accuracy ARGS=recognition"
PEOPLE = int(os.environ.get("ILIUM_NAMING_PEOPLE", "2"))
CASES = ("nominal", "fast", "partial_60", "set_up", "around_walk", "slip_5", "loss_5", "upside_down")
NOTE = """{movements} movements by {people} virtual people (seeds {first} to {last}), nothing said of what
they do: pelvis and right thigh, a stand, three hinges and three knee raises that were announced, a walk of
12 s, the set. *Right*: the set was counted under the movement's name or that of its family, whose members
differ only in what these sensors do not see (below); *strict*: under its own name. *Early*: that name stood
one second after the second repetition (the third stride of the leg with the sensor). Movements that have
nothing to be named by (foam rolling, yoga, leg curl without a shank sensor) are right when nothing is named.
Templates are the library's key poses; their spreads and the margins were set on people of seeds 1001 to 1004.
"""


def run(progress: Progress) -> Report:
    """By case, the families, and the confusions."""
    people = list(REPORTED[:PEOPLE])
    workers = os.cpu_count() or 1
    groups: dict[str, list[Naming]] = {}
    for case in CASES:
        progress(case)
        groups[case] = name_sets(_cells(people, case), workers)
    all_cases = [one for group in groups.values() for one in group]
    progress("both thighs; a stand only")
    groups["nominal, both thighs"] = name_sets(_cells(people, "nominal", both_thighs=True), workers)
    groups["nominal, a stand only"] = name_sets(_cells(people, "nominal", shown=False), workers)
    return Report("Recognition", _rows(all_cases), _markdown(groups, all_cases))


def _cells(
    people: Sequence[int], case: str, *, shown: bool = True, both_thighs: bool = False
) -> list[NamingCell]:
    return [NamingCell(m, case, s, shown, both_thighs) for s in people for m in exercises.ids()]


def _share(group: Sequence[Naming], count: int) -> float:
    return count / max(1, len(group))


def _rows(group: Sequence[Naming]) -> list[Row]:
    right = _share(group, sum(n.right(n.said) for n in group))
    wrong = _share(group, sum(n.wrong(n.said) for n in group))
    strict = _share(group, sum(n.right(n.said, strict=True) for n in group))
    early = _share(group, sum(n.right(n.said_early) for n in group))
    return [
        at_least("sets named right, all cases", right, 0.95, "share", command=COMMAND),
        at_most("sets named wrong, all cases", wrong, 0.02, "share", command=COMMAND),
        Row("sets named right, strict", strict, "share", command=COMMAND),
        Row("sets named right within two repetitions", early, "share", command=COMMAND),
    ]


def _markdown(groups: dict[str, list[Naming]], all_cases: Sequence[Naming]) -> str:
    note = NOTE.format(
        movements=len(exercises.ids()), people=PEOPLE, first=REPORTED[0], last=REPORTED[PEOPLE - 1]
    )
    lines = [note, "| case | right | wrong | unknown | strict | early | early wrong |", f"|{'---|' * 7}"]
    lines += [_line(name, group) for name, group in {**groups, "**all cases**": list(all_cases)}.items()]
    lines += ["\n### Families\n", "| family | members | not seen | told apart by |", f"|{'---|' * 4}"]
    lines += [_family(name, members) for name, members in families().items()]
    lines += ["\n### Called what, all cases\n", "| done | called | |", f"|{'---|' * 3}"]
    lines += [_confused(movement, called) for movement, called in sorted(confusions(all_cases).items())]
    return "\n".join([*lines, f"\n`{COMMAND}`\n"])


def _line(name: str, group: list[Naming]) -> str:
    counts = [
        sum(n.right(n.said) for n in group),
        sum(n.wrong(n.said) for n in group),
        sum(n.said == UNKNOWN and not n.right(n.said) for n in group),
        sum(n.right(n.said, strict=True) for n in group),
        sum(n.right(n.said_early) for n in group),
        sum(n.wrong(n.said_early) for n in group),
    ]
    return f"| {name} | {' | '.join(f'{100.0 * _share(group, c):.1f} %' for c in counts)} |"


def _family(name: str, members: Sequence[str]) -> str:
    family = exercises.load(members[0]).family
    assert family is not None
    by = family.seen_by.value.replace("_", " ") if family.seen_by else "–"
    return f"| {name} | {', '.join(members)} | {family.reason} | {by} |"


def _confused(movement: str, called: dict[str, int]) -> str:
    own = called.get(movement, 0)
    others = sorted(((n, said) for said, n in called.items() if said != movement), reverse=True)
    return f"| {movement} | {own} | {', '.join(f'{said} {n}' for n, said in others)} |"
