"""From signals to repetitions, sets and findings, as they happen.

A repetition is announced when its lifting phase is done, committed when the person is back, and taken
back when the set shows that it was a set-up movement. A set opens at its second consistent repetition,
backdated to the first, and closes after max(8 s, three periods) without one, or when the posture changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, Kind
from fusion.form import Limits, PersonReference
from fusion.history import part_of
from fusion.kernels import turning
from fusion.movement.admission import Admission
from fusion.movement.bout import Bouts, Ruling
from fusion.movement.bridging import SilenceBridge
from fusion.movement.followed import others
from fusion.movement.gate import PostureGate
from fusion.movement.legs import driven_angles, leg_not_seen, not_seen, worn_legs
from fusion.movement.notices import SET_BEGUN_MID_REP, rep_hidden, thigh_on_free_leg
from fusion.movement.poses import turned_deg
from fusion.movement.rep_summary import RepReader
from fusion.movement.reps import Phase, RepSegmenter
from fusion.movement.set_analyzer import SetAnalyzer
from fusion.movement.track import Track
from fusion.movement.turned import TurnedHip
from fusion.movement.usual_repetition import UsualRepetition
from fusion.types import (
    Event,
    Finding,
    FindingEvent,
    RepEventKind,
    RepSummary,
    Severity,
    Side,
    SignalBlock,
    WarningEvent,
)

_STEPS_AWAY, _AT_ONCE_S = 2, 2.5
"""So many strides in a row end a set; one movement by itself, and away so soon, was for something else."""
_SET_OPENS_AT = 2
_SHOWN_SHARE_MIN = 0.3
"""Of a repetition that counts, the sensors have shown at least this share."""
_ELSEWHERE_DEG = 45.0
"""P this far from the exercise's: the person has changed posture, the set is over."""


class MovementAnalyzer(SetAnalyzer):
    """One person, one exercise: `SignalBlock`s in, events out."""

    def __init__(
        self,
        exercise: Exercise,
        side: Side,
        rate_hz: float,
        *,
        references: Sequence[PersonReference] = (),
        limits: Limits | None = None,
        usual: UsualRepetition | None = None,
    ) -> None:
        super().__init__(exercise, side, references=references, limits=limits)
        self._known = usual
        self._rate_hz = rate_hz
        self._gate = PostureGate(exercise)
        self._reader = RepReader(exercise, self._gate, self._form, self._book)
        self._segmenter = RepSegmenter((), rate_hz)
        self._admission = Admission(exercise, self._gate, self._segmenter, self._book)
        self._bouts = Bouts(exercise) if exercise.kind is Kind.STEP else None
        self._bridge: SilenceBridge | None = None
        self._rotation: TurnedHip | None = None
        self._close_s = np.array([inf, inf])
        self._announced: dict[int, frozenset[str]] = {}
        """Segmenters with a repetition announced, and the kinds of findings told of it."""
        self._steps = 0
        """Strides since the last repetition, in a row."""
        self._left_s = -inf
        """When the first of them began."""
        self._began_s: float | None = None
        """When the stream began, if that was at the far end of a repetition."""

    @property
    def count(self) -> int:
        """Repetitions announced in the present set."""
        return len(self._book.candidates) + len(self._announced)

    @property
    def learnt_late(self) -> UsualRepetition | None:
        """The person's usual repetition, where a silence came before it was known; else None."""
        return self._bridge.usual if self._bridge is not None and self._bridge.guessed else None

    @property
    def last_end_s(self) -> float:
        """When the last repetition of the present set ended."""
        return max((rep.t_end_s for rep in self._book.reps), default=-inf)

    @property
    def phase(self) -> Phase:
        """Present phase."""
        if not self._segmenter.driven:
            return Phase.REST
        return self._segmenter.phase(lifts_first=self.exercise.lifts_first)

    def update(self, signals: SignalBlock) -> list[Event]:
        """Events of the next samples."""
        if signals.names != self._names:
            self._wear(signals)
        if self._rotation is not None:
            signals = self._rotation(signals)
        if self._segmenter.driven:
            most = self._segmenter.block_max
            for start in range(0, len(signals), most):
                self._take(part_of(signals, start, start + most))
        return self._drain()

    def _take(self, signals: SignalBlock) -> None:
        if self._bridge is None:
            self._read(signals)
            return
        for piece in self._bridge.pieces(signals):
            implied = self._bridge.implied_s
            for from_s, to_s in implied:
                self._book.silent(from_s, to_s)
                self._close_s[:] = self._book.close_s()
            self._read(piece)
            implied.clear()

    def flush(self) -> list[Event]:
        """End of the recording: close what is open."""
        waiting = self._bridge.rest() if self._bridge else None
        if waiting is not None:
            self._read(waiting)
        self._close()
        return self._drain()

    def end_before(self, t_s: float) -> list[Event]:
        """Another movement began at ``t_s``: what was counted from there on is taken back, the set closed."""
        for at in range(len(self._book.candidates) - 1, -1, -1):
            if self._book.candidates[at].rep.t_start_s >= t_s:
                self._revise(at)
        return self.flush()

    def _wear(self, signals: SignalBlock) -> None:
        """See which legs wear a sensor, and say what those worn cannot show."""
        self._names = signals.names
        legs_worn = worn_legs(signals.names)
        self._announced.clear()
        driven = driven_angles(self.exercise, self.side, signals.names)
        self._segmenter = RepSegmenter(driven, self._rate_hz)
        if driven and driven[0].signal is DriverSignal.HIP_EXTERNAL_ROTATION:
            self._rotation = TurnedHip(driven[0].read_from)
        self._admission = Admission(self.exercise, self._gate, self._segmenter, self._book)
        one_leg = len(legs_worn) == 1 and len(driven) > 0
        self._bridge = (
            SilenceBridge(self.exercise, driven[0], signals.names, self._rate_hz, self._known)
            if one_leg
            else None
        )
        if len(signals) and self._began_s is None and legs_worn:
            pitch = signals.get(f"thigh_pitch_{legs_worn[0].value}_deg")
            began_high = self._gate.at_turn(float(signals["pelvis_tilt_deg"][0]), float(pitch[0]))
            self._began_s = float(signals.t_s[0]) if began_high else -inf
        missing = not_seen(self.exercise, signals.names)
        if missing is not None and len(signals):
            self._warn_once(float(signals.t_s[0]), "movement_not_seen", missing)
        unseen = leg_not_seen(self.exercise, signals.names)
        if unseen is not None and len(signals):
            self._warn_once(float(signals.t_s[0]), "leg_not_seen", unseen)

    def _read(self, signals: SignalBlock) -> None:
        self._segmenter.load(signals)
        while (event := self._segmenter.next_event(self._close_s)) != turning.NOTHING:
            self._now_s = self._segmenter.now_s
            if event == turning.CLOSE:
                self._close()
                continue
            which, track = self._segmenter.track()
            if event == turning.SETTLE:
                self._settled(which, track)
            elif event == turning.TURN:
                self._turned(which, track)
            else:
                self._returned(which, track)
            self._close_s[:] = self._book.close_s()

    # --- what the segmenter tells

    def _settled(self, which: int, track: Track) -> None:
        """Still on a height: where the way up began elsewhere, this may be where repetitions start."""
        if self._gate.settles(track):
            self._announced.pop(which, None)
            self._segmenter.start_here()

    def _turned(self, which: int, track: Track) -> None:
        if not self._admission.plausible(which, track):
            if self._bouts is None or not self._bouts.goes_on(which, track):
                self._look_elsewhere(track)
            return
        seen = track.shown_share >= _SHOWN_SHARE_MIN and not self._segmenter.began_before(which, track)
        if self.exercise.lifts_first and seen:
            rep = self._reader.summary(track, self._segmenter.driven[which], complete=False)
            self._announced[which] = frozenset(f.kind for f in rep.findings if _loud(f))
            self._tell(RepEventKind.PROVISIONAL, rep, self.count)
            self._tell_findings(rep, frozenset())

    def _tell_findings(self, rep: RepSummary, told: frozenset[str]) -> None:
        for finding in rep.findings:
            if _loud(finding) and finding.kind not in told:
                self._events.append(FindingEvent(self._now_s, finding))

    def _returned(self, which: int, track: Track) -> None:
        told = self._announced.pop(which, frozenset())
        usual = self._segmenter.usual_rom_deg(which) if self._book.candidates else None
        belongs = self._admission.plausible(which, track) and self._gate.returns(track, usual_deg=usual)
        if self._bouts is not None:
            ruling = self._bouts.rule(which, track, alone=belongs)
            belongs = ruling.counts
            self._correct(which, ruling)
        if not belongs:
            self._follow_steps(track)
            return
        if self._gate.rests_at_turn(track) or self._was_under_way(which, track):
            return
        if self._is_hidden(track):
            self._events.append(WarningEvent(self._now_s, "rep_hidden", rep_hidden(track)))
            return
        if track.by_free_leg:
            self._warn_once(self._now_s, "thigh_on_free_leg", thigh_on_free_leg(track))
        if float(track.t_s[track.start]) > self._book.close_s()[0]:
            self._close()
        self._count(which, track, told)

    def _correct(self, which: int, ruling: Ruling) -> None:
        """Take back strides that are of another gait, count those that are of the exercise's after all."""
        side = self._segmenter.driven[which].side
        gone = {float(track.t_s[track.start]) for track in ruling.withdrawn}
        for at in range(len(self._book.candidates) - 1, -1, -1):
            rep = self._book.candidates[at].rep
            if rep.side is side and rep.t_start_s in gone:
                self._revise(at)
        self._book.confirm(side, {float(track.t_s[track.start]) for track in ruling.confirmed})
        for track in ruling.late:
            if not self._is_hidden(track):
                self._count(which, track, frozenset())

    def _count(self, which: int, track: Track, told: frozenset[str]) -> None:
        """A repetition of the open set; ``told`` are the findings that were told of it at its far end."""
        driven = self._segmenter.driven[which]
        slip = self._reader.slip(track, driven)
        rep = self._reader.summary(track, driven, slip=slip)
        self._tell_findings(rep, told)
        in_bout = self._bouts is not None and self._bouts.tells(which)
        self._book.add(self._reader.candidate(track, rep, slip, in_bout=in_bout))
        self._steps = 0
        self._gate.recent.follow_sd(track)
        if track.heard is None:
            self._gate.recent.learn(track)
        if self._bridge is not None and not track.by_free_leg and rep.full:
            self._bridge.learn(track)
        if rep.full and track.heard is None:
            self._segmenter.accept_rom(which, rep.rom_deg)
        if self._book.odd_first():
            self._revise(0)
        rep = next(r for r in self._book.reps if r.t_start_s == rep.t_start_s and r.side is rep.side)
        self._tell(RepEventKind.COMMITTED, rep, len(self._book.candidates))
        self._open_set(_SET_OPENS_AT)

    def _follow_steps(self, track: Track) -> None:
        """Who walks away has ended the set: what is lifted here and there is no set of repetitions."""
        self._steps = self._steps + 1 if self._gate.walks(track) else 0
        if self._steps == 1:
            self._left_s = float(track.t_s[track.start])
        if self._steps < _STEPS_AWAY or not self._book.candidates:
            return
        at_once = self._left_s - self.last_end_s < _AT_ONCE_S
        if at_once and self._book.last_stands_apart() and self.exercise.kind is not Kind.EVENT:
            self._revise(len(self._book.candidates) - 1)
        self._close()

    def _is_hidden(self, track: Track) -> bool:
        """Whether next to nothing of a repetition was shown, and it is not sure either that it was done."""
        most = max(track.shown_share, 0.5 * track.shown_range)
        if min(most, track.shown_range) >= _SHOWN_SHARE_MIN:
            return False
        ends_s = float(track.t_s[track.start]), float(track.t_s[track.end])
        return self._bridge is None or not self._bridge.is_sure(*ends_s)

    def _was_under_way(self, which: int, track: Track) -> bool:
        """Whether a repetition began before the recording did: it is not counted, but said.

        Said too before the next one where the recording began at a far end.
        """
        tempo = self.exercise.tempo
        soon_s = 2.0 * tempo.period_s[1] if tempo else 8.0
        at_far_end = self._began_s is not None and float(track.t_s[track.start]) - self._began_s < soon_s
        # A bout of a drill has no beginning that could be told to a sample.
        drill = self.exercise.kind is Kind.DRILL
        under_way = not drill and self._segmenter.began_before(which, track)
        if at_far_end or under_way:
            self._warn_once(self._now_s, "set_begun_mid_rep", SET_BEGUN_MID_REP)
        return under_way

    def _look_elsewhere(self, track: Track) -> None:
        """A movement of another kind: in another posture, the set is over."""
        rest = self.exercise.rest_pose
        if rest is None or not self._book.candidates or abs(rest.pelvis_list_deg) > _ELSEWHERE_DEG:
            return
        turn = self.exercise.turn_pose or rest
        tilt = float(track.pelvis_tilt_deg[track.start])
        away = min(abs(float(turned_deg(tilt, pose.pelvis_tilt_deg))) for pose in (rest, turn))
        if away > _ELSEWHERE_DEG:
            self._close()

    # --- sets

    def _revise(self, at: int) -> None:
        dropped = self._book.remove(at)
        self._tell(RepEventKind.REVISED, dropped, len(self._book.candidates))

    def _close(self) -> None:
        self._announced.clear()
        while gone := others(self._book.candidates, self.exercise):
            for at in gone:
                self._revise(at)
        for at in self._book.odd_ends() if self._book.candidates else ():
            self._revise(at)
        self._end_set()
        self._segmenter.forget_roms()
        self._close_s[:] = inf


def _loud(finding: Finding) -> bool:
    """Whether it is said at once; what is only suspected may be sure by the end of the repetition."""
    return finding.severity is not Severity.INFO and finding.kind != "range_short"
