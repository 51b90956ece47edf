"""Pelvis and thigh on one clock: each has its own, with its own start, skew, losses and radio delays."""

from __future__ import annotations

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import choose
from sensors.encode import encode_train
from sensors.stream import SensorStream

AGREE_S = 0.005
SETTLED_S = 10.0
LOSS = 0.1
EVENT_S = 0.015
"""Connection interval: packets leave at its events, and one in ten needs another."""


def errors_s(
    profile_id: str, duration_s: float, skew: float, seed: int, away_s: tuple[float, float] = (0.0, 0.0)
) -> tuple[np.ndarray, np.ndarray]:
    """True time of each sample that came, and how far its corrected time is from it.

    The link is down, and the stream restarted, between ``away_s``.
    """
    setup = choose(firmware_profiles.load(profile_id))
    rng = np.random.default_rng(seed)
    true_s = np.arange(0.0, duration_s, 1.0 / setup.rate_hz())
    still = np.tile([0.0, 0.0, 9.81], (len(true_s), 1))
    device_s = rng.uniform(10.0, 5000.0) + true_s * (1.0 + skew)
    packets = encode_train(setup, true_s, still, np.zeros_like(still), device_s=device_s)
    phase_s = rng.uniform(0.0, EVENT_S)
    ready_s = np.array([packet.ready_s for packet in packets])
    events = np.ceil((ready_s + 0.003 - phase_s) / EVENT_S) + rng.geometric(0.9, len(packets)) - 1
    lost = rng.random(len(packets)) < LOSS
    lost[: len(setup.streams)] = False  # the device's time counts from its first packet
    away = (ready_s >= away_s[0]) & (ready_s < away_s[1])
    stream = SensorStream(setup, profile_id)
    found, last = [], 0
    for k in np.flatnonzero(~lost & ~away).tolist():
        if away[last:k].any():
            stream.restart()
        last = k
        stream.on_packet(packets[k].characteristic, packets[k].payload, phase_s + events[k] * EVENT_S)
        if k % 50 == 0 and (timed := stream.take_timed()) is not None:
            found.append(timed)
    since_first_s = np.concatenate([t.device_s for t in found]) - found[0].device_s[0]
    true = since_first_s / (1.0 + skew)
    return true, np.concatenate([t.block.t_s for t in found]) - true


def apart_s(profile_id: str, duration_s: float, **options: tuple[float, float]) -> float:
    """Greatest distance of two sensors' common time once settled, sampled each second."""
    grid_s = np.arange(SETTLED_S, duration_s - 1.0)
    errors = []
    for skew, seed in ((50e-6, 1), (-50e-6, 2)):
        true_s, error_s = errors_s(profile_id, duration_s, skew, seed, **options)
        errors.append(np.interp(grid_s, true_s, error_s))
    return float(np.abs(errors[0] - errors[1]).max())


@pytest.mark.parametrize("profile_id", ["movella_dot", "movesense", "polar_verity_sense", "ilium_reference"])
def test_two_sensors_agree_after_10_s(profile_id: str) -> None:
    assert apart_s(profile_id, 100.0) <= AGREE_S


@pytest.mark.slow
def test_two_sensors_agree_for_an_hour_at_50_ppm_each_way_with_a_tenth_lost() -> None:
    assert apart_s("ilium_reference", 3600.0) <= AGREE_S


def test_they_agree_again_after_one_was_out_of_range() -> None:
    true_s, error_s = errors_s("ilium_reference", 90.0, 50e-6, 3, (40.0, 60.0))
    settled = (true_s > SETTLED_S) & ((true_s < 40.0) | (true_s > 70.0))
    assert np.ptp(error_s[settled]) <= AGREE_S
