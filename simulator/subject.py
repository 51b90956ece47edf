"""Who trains: how one person differs from the model.

The spreads are engineering estimates unless a source is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulator.body import Build


@dataclass(frozen=True, slots=True)
class Subject:
    """One person; the default is the model itself, without any variation from repetition to repetition."""

    build: Build = field(default_factory=Build)
    tilt_offset_deg: float = 0.0
    """How far the person's key poses lie from the model's in tilt."""
    pitch_offset_deg: float = 0.0
    range_scale: float = 1.0
    """Mobility: share of the model's range."""
    tempo_scale: float = 1.0
    tempo_jitter: float = 0.0
    range_jitter: float = 0.0
    pose_jitter_deg: float = 0.0
    left_share: float = 1.0
    """Range of the left leg as a share of the right one's."""
    lean_deg: float = 0.0
    """List at the far end of a repetition that is this person's habit."""
    lumbar_jitter_deg: float = 0.0
    """What the lower back adds without being a fault, from repetition to repetition (one sigma)."""
    sits_leaning: float = 1.0
    """How far the trunk leans forward on the way down to a seat or the floor: 0 upright, 1 as in a squat."""
    fatigue: float = 0.0
    """Loss of speed from one repetition to the next."""
    stride_s: float = 1.1
    sway_deg: float = 0.0
    """Unrest of standing and holding (one sigma)."""
    tremor_deg: float = 0.0
    roughness: float = 0.0
    """Unevenness of movement: deg for each °/s, in steps of some 70 ms."""


MODEL_SUBJECT = Subject()


def draw_subject(rng: np.random.Generator) -> Subject:
    """A person from the population.

    Stature after the NCD-RisC means of adults (1.72 ± 0.09 m, both sexes); asymmetry of range a few per cent.
    """
    height_m = float(np.clip(rng.normal(1.72, 0.09), 1.48, 2.0))
    return Subject(
        build=Build.of_height(height_m, float(np.clip(rng.normal(1.0, 0.03), 0.92, 1.08))),
        tilt_offset_deg=float(rng.normal(0.0, 2.5)),
        pitch_offset_deg=float(rng.normal(0.0, 2.0)),
        range_scale=float(np.clip(rng.normal(1.0, 0.05), 0.87, 1.12)),
        tempo_scale=float(np.clip(np.exp(rng.normal(0.0, 0.15)), 0.7, 1.5)),
        tempo_jitter=float(rng.uniform(0.03, 0.10)),
        range_jitter=float(rng.uniform(0.01, 0.04)),
        pose_jitter_deg=float(rng.uniform(0.3, 1.5)),
        left_share=float(np.clip(rng.normal(1.0, 0.03), 0.9, 1.1)),
        lean_deg=float(rng.normal(0.0, 1.2)),
        lumbar_jitter_deg=float(rng.uniform(0.2, 1.0)),
        sits_leaning=float(rng.uniform(0.3, 1.2)),
        fatigue=float(rng.uniform(0.0, 0.025)),
        stride_s=float(np.clip(rng.normal(1.1, 0.07), 0.92, 1.3)),
        sway_deg=float(rng.uniform(0.2, 0.45)),
        roughness=float(rng.uniform(0.0005, 0.0012)),
        tremor_deg=float(rng.uniform(0.001, 0.004)),
    )
