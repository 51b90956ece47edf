"""What is done around a set and shares an angle with it."""

import numpy as np

from fusion.types import SignalBlock
from tests.fusion.movement.played import Player, reps_of, told


def turning(signals: SignalBlock, between_s: tuple[float, float]) -> SignalBlock:
    """The same with a hip that turns by 7° once a second."""
    inside = (signals.t_s > between_s[0]) & (signals.t_s < between_s[1])
    values = signals.values.copy()
    row = signals.names.index("hip_rotation_right_deg")
    values[row, inside] -= 3.5 - 3.5 * np.cos(2.0 * np.pi * (signals.t_s[inside] - between_s[0]))
    return SignalBlock(signals.t_s, signals.rate_hz, signals.names, values, signals.sd)


def test_a_thigh_that_swings_while_it_turns_is_walking_not_squeezing() -> None:
    still, walking = Player(), Player()
    still.stay(20.0)
    walking.stay(2.0)
    walking.walk(14.0)
    walking.stay(4.0)
    between_s = (3.0, 15.0)
    assert len(reps_of(told("standing_er_squeeze", turning(still.signals(), between_s)))) > 8
    walked = sideways(walking.signals())
    assert reps_of(told("standing_er_squeeze", turning(walked, between_s))) == []


def sideways(signals: SignalBlock) -> SignalBlock:
    """The same seen by who does not know yet which way is forward: what is flexion seems abduction."""
    values = signals.values.copy()
    pitch, adduction = (signals.names.index(n) for n in ("thigh_pitch_right_deg", "hip_adduction_right_deg"))
    values[[pitch, adduction]] = values[[adduction, pitch]]
    return SignalBlock(signals.t_s, signals.rate_hz, signals.names, values, signals.sd)


def nudged(by_deg: float) -> SignalBlock:
    """A person who stands and moves the right thigh once."""
    player = Player()
    player.stay(5.0)
    row = np.zeros(8)
    row[2] = by_deg
    player.to(0.45, row)
    player.to(0.45, np.zeros(8))
    player.stay(12.0)
    return player.signals()


def test_a_nudge_of_the_free_leg_by_itself_is_no_lunge_of_the_other() -> None:
    assert reps_of(told("lunge_forward", nudged(-11.0))) == []


def test_a_whole_step_back_of_it_may_be_one() -> None:
    assert len(reps_of(told("lunge_forward", nudged(-18.0)))) == 1
