"""Places in the state and the parameters of the search for two sensors' relative heading."""

from __future__ import annotations

from typing import Final

SAMPLE: Final = 20
"""One sensor pair's sample: q_es, acc, gyr of the first (10), then of the second."""

COLUMNS: Final = 5
"""Of a sensor's rows: specific force, a lever of 1 m along each axis, and 1 s of delay."""
ASKED: Final = 2 * (COLUMNS - 1)
"""How many unknowns there are besides the angle: levers and lags of both."""
CHANNELS: Final = 2 * 3 * COLUMNS
"""Numbers in the rows of both sensors, and in a matrix of products."""
BLOCK: Final = COLUMNS * COLUMNS

# State layout: name = first index.
SEEN: Final = 0
"""How many samples in a row are remembered, at most two."""
STARTED: Final = 1
NOW: Final = 2
TIMES: Final = 3
"""Times of the last two samples, the older first."""
LAST: Final = 5
"""Those two samples (2, SAMPLE)."""
FILTERED: Final = LAST + 2 * SAMPLE
"""Rows of both sensors (2, 3, COLUMNS) after the fast and then after the slow low-pass."""
FILTER_TIME: Final = FILTERED + 2 * CHANNELS
SUMS: Final = FILTER_TIME + 1
"""Sums of products (5, COLUMNS, COLUMNS): first·first, second·second, and between the two of the horizontal
parts, of the horizontal parts crosswise, and of the vertical."""
DURATION: Final = SUMS + 5 * BLOCK
"""Sum of the weights, s."""
RATE_SUMS: Final = DURATION + 1
"""Sums of products of the parts of the relative rate (6, 3, 3)."""
RATE_DURATION: Final = RATE_SUMS + 54
PRIOR: Final = RATE_DURATION + 1
"""Concentration of what is known from elsewhere, along cosine and sine of the angle."""
HEADING: Final = PRIOR + 2
VARIANCE: Final = HEADING + 1
NEXT: Final = VARIANCE + 1
"""Time of the next search, s."""
UNKNOWNS: Final = NEXT + 1
"""Each sensor's lever to the joint's centre (3), m, in S, and by how much its force lags its rate, s."""
RESIDUAL: Final = UNKNOWNS + ASKED
"""Mean square of what the constraint leaves over, (m/s²)²."""
HEADING_VARIANCE: Final = RESIDUAL + 1
"""Of both sensors' own headings at the last sample, rad²."""
EXPECTED: Final = HEADING_VARIANCE + 1
"""Where the levers are expected (6), m, and how far from there they may be."""
EXPECTED_SD: Final = EXPECTED + 6
STATE_SIZE: Final = EXPECTED_SD + 1

# Parameter layout, the order of the fields of `fusion.relative_heading.RelativeHeadingParams`.
P_FAST: Final = 0
P_SLOW: Final = 1
P_NOISE: Final = 2
P_CORRELATION: Final = 3
P_DRIFT: Final = 4
P_LEVER_SD: Final = 5
P_HINGE_NOISE: Final = 6
P_LONGEST_STEP: Final = 7
P_LAG: Final = 8
P_LAG_SD: Final = 9
P_HINGE: Final = 10
