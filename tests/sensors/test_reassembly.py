"""Byte streams that are cut anywhere, and packets in parts: everything once, nothing of two packets mixed."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

import firmware_profiles
from sensors.reassembly import GspReassembly, Resync55

WIT = firmware_profiles.load("wit_motion")
FRAMES = [bytes([0x55, 0x61, k]) + bytes(17) for k in range(5)]


@given(
    cuts=st.lists(st.integers(0, 100), max_size=8),
    noise=st.binary(max_size=10).filter(lambda b: 0x55 not in b),
)
def test_frames_come_out_whole_however_the_bytes_are_cut(cuts: list[int], noise: bytes) -> None:
    whole = noise + b"".join(FRAMES)
    places = [0, *sorted(min(c, len(whole)) for c in cuts), len(whole)]
    resync = Resync55(WIT.streams)
    found = [f for a, b in itertools.pairwise(places) for f in resync.feed(whole[a:b])]
    assert found == FRAMES
    assert resync.skipped == len(noise)


def test_after_lost_bytes_the_next_frame_is_found_again() -> None:
    resync = Resync55(WIT.streams)
    found = resync.feed(FRAMES[1][7:] + FRAMES[2] + FRAMES[3])
    assert found == [FRAMES[2], FRAMES[3]]


def test_what_was_cut_off_by_a_reconnect_stays_cut_off() -> None:
    resync = Resync55(WIT.streams)
    assert resync.feed(FRAMES[0][:12]) == []
    resync.reset()
    assert resync.feed(FRAMES[1]) == [FRAMES[1]]


def data(number: int, length: int = 12) -> bytes:
    return bytes([2, 9, number]) + bytes(length - 3)


def more(number: int, length: int = 6) -> bytes:
    return bytes([3, 9, number]) + bytes(length - 3)


def fed(parts: GspReassembly, *payloads: bytes) -> list[bytes]:
    return [packet for k, payload in enumerate(payloads) for packet, _ in parts.feed(payload, float(k))]


def test_a_length_is_believed_when_two_packets_have_it() -> None:
    parts = GspReassembly(9)
    assert fed(parts, data(0), data(1)) == []
    assert fed(parts, data(2)) == [data(0), data(1), data(2)]
    assert fed(parts, data(3)) == [data(3)]


def test_parts_are_joined_without_their_heads_and_keep_the_last_one_s_arrival() -> None:
    parts = GspReassembly(9)
    whole = [data(k) + more(k)[2:] for k in range(4)]
    halves = [half for k in range(4) for half in (data(k), more(k))]
    timed = [found for k, half in enumerate(halves) for found in parts.feed(half, float(k))]
    assert [packet for packet, _ in timed] == whole
    assert [arrival for _, arrival in timed] == [1.0, 3.0, 5.0, 7.0]


def test_a_packet_that_lost_a_part_is_dropped_alone() -> None:
    parts = GspReassembly(9)
    fed(parts, *[half for k in range(3) for half in (data(k), more(k))])
    found = fed(parts, data(3), data(4), more(4), more(5), data(6), more(6))
    assert [packet[2] for packet in found] == [4, 6]
    assert parts.dropped == 2  # the first part without its second, the second without its first


def test_another_reference_or_type_is_not_ours() -> None:
    parts = GspReassembly(9)
    assert fed(parts, bytes([2, 8, 0, 0]), bytes([1, 9, 200, 0]), b"", b"\x02") == []
    assert parts.dropped == 4
