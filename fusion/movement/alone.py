"""Is a repetition one without others around it? The stricter question of posture, range, time and stride."""

from __future__ import annotations

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Count, DriverSignal, KeyPose, Kind
from fusion.movement.likeness import ALONE_PAUSE_S, Likeness
from fusion.movement.poses import lies_on_side, turned_deg
from fusion.movement.track import Track

_CLOSE_TILT_DEG = 20.0
"""How near to the key poses P is in a repetition that stands alone."""
_FULL_SHARE, _HIDDEN_SHARE = 0.75, 0.5
_UNDER_SKIN = frozenset({DriverSignal.HIP_EXTERNAL_ROTATION, DriverSignal.THIGH_OPENING})
"""What turns under the skin: a tenth to a half of it is not seen."""
_TIME = (0.45, 2.2)
"""A repetition that stands alone takes no less and no more than this, of the tempo's limits."""


def fits_alone(track: Track, exercise: Exercise, likeness: Likeness | None) -> bool:
    """Whether a repetition without others around it is surely one."""
    count, rest, turn = exercise.count, exercise.rest_pose, exercise.turn_pose
    if count is None or rest is None or turn is None or likeness is None:
        return False
    if exercise.kind is Kind.STEP:
        return likeness.is_surely_own_stride(track)
    if track.rom_deg < _least_deg(exercise, count, by_free_leg=track.by_free_leg):
        return False
    stays_s = track.t_s[track.leave] - track.t_s[track.reach]
    if stays_s > ALONE_PAUSE_S and exercise.kind is not Kind.DRILL:
        return False
    if likeness.is_stride(track, in_doubt=True):
        return False
    return _close_posture(track, rest, turn) and _usual_time(track, exercise)


def _least_deg(exercise: Exercise, count: Count, *, by_free_leg: bool) -> float:
    """The free leg moves little, so next to everything it usually does is asked for."""
    free = exercise.driver.free_leg
    if by_free_leg:
        return _FULL_SHARE * free.rom_typical_deg if free is not None else 0.0
    hidden = exercise.driver.signal in _UNDER_SKIN
    return (_HIDDEN_SHARE if hidden else _FULL_SHARE) * count.rom_full_deg


def _close_posture(track: Track, rest: KeyPose, turn: KeyPose) -> bool:
    if lies_on_side(rest):
        return True
    seen = track.pelvis_tilt_deg[[track.start, track.reach]]
    model = np.array([rest.pelvis_tilt_deg, turn.pelvis_tilt_deg])
    return bool(np.abs(turned_deg(seen, model)).max() <= _CLOSE_TILT_DEG)


def _usual_time(track: Track, exercise: Exercise) -> bool:
    tempo = exercise.tempo
    if tempo is None or tempo.concentric_s is None or tempo.eccentric_s is None:
        return True
    spans = [tempo.concentric_s, tempo.eccentric_s]
    ways = ((track.start, track.reach), (track.leave, track.end))
    for (first, last), span in zip(ways, spans if exercise.lifts_first else spans[::-1], strict=True):
        took_s = float(track.t_s[last] - track.t_s[first])
        if not _TIME[0] * span[0] <= took_s <= _TIME[1] * span[2]:
            return False
    return True
