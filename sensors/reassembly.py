"""Notifications that are not packets: a byte stream cut anywhere, and packets that span two notifications."""

from __future__ import annotations

from typing import Final

from firmware_profiles.streams import Stream

_MARK: Final = 0x55
_MAX_HELD: Final = 4096
"""Bytes that wait for the rest of their frame; more is no stream of this kind."""


class Resync55:
    """Frames of one length that begin with 55 and a type, out of notifications that are cut anywhere."""

    def __init__(self, streams: tuple[Stream, ...]) -> None:
        self._length = max(stream.length or 2 for stream in streams)
        self._types = frozenset(stream.tag_bytes[1] for stream in streams) | {0x71}
        """0x71 are register frames: of the same length, passed over."""
        self._held = bytearray()
        self.skipped = 0
        """Bytes that belong to no frame."""

    def reset(self) -> None:
        """Forget what waits, as after a reconnect."""
        self._held.clear()

    def feed(self, payload: bytes) -> list[bytes]:
        """Frames that are complete now."""
        held, length = self._held, self._length
        held += payload
        frames = []
        at = 0
        while len(held) - at >= 2:
            if held[at] != _MARK or held[at + 1] not in self._types:
                at += 1
                self.skipped += 1
                continue
            if len(held) - at < length:
                break
            frames.append(bytes(held[at : at + length]))
            at += length
        if len(held) - at == 1 and held[at] != _MARK:
            at += 1
            self.skipped += 1
        del held[:at]
        if len(held) > _MAX_HELD:
            held.clear()
        return frames


class GspReassembly:
    """Movesense: type 2 begins a packet, type 3 goes on with it. Nothing says where a packet ends.

    A device's packets all have one length, so a length is believed once two packets in a row have it (what
    follows shows where they end); from then on complete packets pass at once and others are dropped. A
    planar packet of another length would not be shorter but wrong: its second half would be read at the
    wrong place.
    """

    DATA: Final = 2
    MORE: Final = 3

    def __init__(self, reference: int) -> None:
        self._reference = reference
        self.dropped = 0
        self.reset()

    def reset(self) -> None:
        """Forget lengths and what waits, as after a reconnect."""
        self._length: int | None = None
        self._open: tuple[bytes, float] = (b"", 0.0)
        """The packet that is being put together, and when its last part came."""
        self._waiting: list[tuple[bytes, float]] = []

    def feed(self, payload: bytes, arrival_s: float) -> list[tuple[bytes, float]]:
        """Packets that are complete now, each with the arrival of its last part.

        ``payload`` begins with its type and our reference.
        """
        if len(payload) < 2 or payload[1] != self._reference or payload[0] not in {self.DATA, self.MORE}:
            self.dropped += 1
            return []
        ready = []
        if payload[0] == self.DATA:
            ready = self._close()
            self._open = (payload, arrival_s)
        elif self._open[0] and len(self._open[0]) < _MAX_HELD:
            self._open = (self._open[0] + payload[2:], arrival_s)
        else:
            self.dropped += 1
            return []
        return ready + (self._close() if len(self._open[0]) == self._length else [])

    def _close(self) -> list[tuple[bytes, float]]:
        """The packet that was being put together is at its end."""
        packet, self._open = self._open, (b"", 0.0)
        if not packet[0]:
            return []
        if len(packet[0]) == self._length:
            self.dropped += len(self._waiting)
            self._waiting = []
            return [packet]
        if not self._waiting or len(self._waiting[0][0]) != len(packet[0]):
            self.dropped += len(self._waiting)
            self._waiting = [packet]
            return []
        ready = [*self._waiting, packet]
        self._length, self._waiting = len(packet[0]), []
        return ready
