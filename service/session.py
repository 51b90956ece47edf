"""One athlete's session: packets to the spool and through the core, results to the rows and the bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import structlog

from firmware_profiles import Profile, choose, ids, load
from fusion.pipeline import MotionPipeline, PipelineConfig, PipelineOutput
from fusion.screens import Screen, ScreenRunner
from fusion.screens.document import event_document, result_document
from fusion.summary import (
    Document,
    alignment_document,
    finding_document,
    number,
    recognition_document,
    rep_document,
    set_document,
)
from fusion.types import (
    CalibrationEvent,
    Event,
    ExerciseEvent,
    FindingEvent,
    MotionUpdate,
    RepEvent,
    Segment,
    SegmentAlignment,
    SetEvent,
    WarningEvent,
)
from sensors.source import CHOSEN, RESTARTED, RawPacket
from sensors.stream import SensorStream, StreamHealth, StreamStats
from service.bus import Message
from service.storage.engine import StorageError
from service.storage.repository import Repository
from service.storage.spool import Spool

log = structlog.get_logger()

_LIVE_SIGNALS = ("pelvis_tilt_deg", "pelvis_list_deg", "lumbar_extension_deg")
_LIVE_PREFIXES = ("thigh_pitch_", "hip_flexion_")


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What does not change while a session runs."""

    id: str
    athlete_id: str
    exercise: str
    started_s: float
    """Unix time of its zero."""
    segments: Mapping[str, Segment]
    profiles: Mapping[str, Profile]


class AthleteSession:
    """Runs one athlete's packets through decode, fusion and publication, ``live_hz`` times a second."""

    def __init__(
        self,
        facts: SessionFacts,
        spool: Spool,
        repository: Repository,
        publish: Callable[[Message], None],
        config: PipelineConfig,
        *,
        live_hz: float,
    ) -> None:
        self.facts = facts
        self.spool = spool
        self._repository, self._publish = repository, publish
        self._streams = {d: SensorStream(p, d) for d, p in facts.profiles.items()}
        self._pipeline = MotionPipeline(config)
        self._frame_s = 1.0 / live_hz
        self._wait_s = config.max_wait_s
        self._due_s = 0.0
        self._latest = dict.fromkeys(facts.profiles, 0.0)
        self._rate_hz = config.rate_hz
        self._screen: ScreenRunner | None = None
        self._quiet = False
        self._told: list[tuple[str, Document]] = []
        """Topics and bodies of this update's events."""
        self._aligned: list[SegmentAlignment] = []
        self._disk_failed = False
        self.last_arrival_s = facts.started_s
        self.reps_counted = 0
        self.frame: Document = {}

    @property
    def stats(self) -> dict[str, StreamStats]:
        """What became of each sensor's packets."""
        return {device_id: stream.stats for device_id, stream in self._streams.items()}

    def health(self, device_id: str, now_s: float) -> StreamHealth | None:
        """Rate and loss of a sensor's last seconds at Unix time ``now_s``; None for a stranger."""
        stream = self._streams.get(device_id)
        return stream.health(now_s - self.facts.started_s) if stream else None

    def recover(self, packets: Any) -> None:
        """Run spooled packets again without telling anyone: the state is as before the crash."""
        self._quiet = True
        for packet in packets:
            self._take(packet)
        self._quiet = False

    def packet(self, packet: RawPacket) -> None:
        """A notification of one of the sensors."""
        try:
            self.spool.append(packet)
            self._disk_failed = False
        except StorageError as error:
            self._disk_trouble(error, packet.arrival_s)
        self._take(packet)

    def note_choices(self) -> None:
        """Keep with the packets how sensors are run, where that is not as Ilium's profile does by itself."""
        for device_id, stream in self._streams.items():
            usual = stream.profile.id in ids() and choose(load(stream.profile.id))
            if usual and (usual.mode.id, usual.values) != (stream.setup.mode.id, stream.setup.values):
                self.packet(RawPacket(device_id, CHOSEN, self.facts.started_s, stream.choice()))

    def restart_stream(self, device_id: str, arrival_s: float) -> None:
        """A sensor came back: its clock is mapped anew, and will be when the recording is read."""
        self.packet(RawPacket(device_id, RESTARTED, arrival_s, b""))

    def finish(self) -> None:
        """The last samples and the open set come out."""
        self._process()
        self._tell(self._pipeline.flush(), self.last_arrival_s)

    def begin_screen(self, screen: Screen) -> None:
        """Guide through a screen from the next samples on; one that was going on is given up.

        Raises `InputError` that names a sensor which the screen needs and nobody wears.
        """
        screen.require(frozenset(self.facts.segments.values()))
        self._screen = ScreenRunner(screen, self._rate_hz)

    def status(self) -> Document:
        """What a display shows of the session itself."""
        return {
            "session_id": self.facts.id,
            "athlete_id": self.facts.athlete_id,
            "exercise": self.facts.exercise,
            "reps_counted": self.reps_counted,
            "calibrated": bool(self._pipeline.alignments),
            "stood": self._pipeline.stood,
            "loss": {d: number(s.loss, 4) for d, s in self.stats.items()},
        }

    def _take(self, packet: RawPacket) -> None:
        stream = self._streams[packet.device_id]
        self.last_arrival_s = packet.arrival_s
        t_s = packet.arrival_s - self.facts.started_s
        if not stream.on_packet(packet.characteristic, packet.payload, t_s):
            return
        self._latest[packet.device_id] = t_s
        oldest, newest = min(self._latest.values()), max(self._latest.values())
        if max(oldest, newest - self._wait_s) >= self._due_s:
            self._due_s = max(oldest, newest - self._wait_s) + self._frame_s
            self._process()

    def _process(self) -> None:
        blocks = [block for stream in self._streams.values() if (block := stream.take()) is not None]
        self._tell(self._pipeline.update(blocks), self.last_arrival_s)

    def _tell(self, output: PipelineOutput, arrival_s: float) -> None:
        if not self._quiet:
            update = output.updates[-1] if output.updates else None
            self.frame = self._frame(update, arrival_s)
            self._publish(Message("kinematics", self.facts.athlete_id, self.frame, live=True))
        for event in output.events:
            self._handle(event)
        for update in output.updates if self._screen is not None else ():
            self._guide(update)
        self._keep_and_publish()

    def _guide(self, update: MotionUpdate) -> None:
        """Go on with the screen; its result is kept."""
        runner = self._screen
        if runner is None:
            return
        for event in runner.update(update.signals):
            self._event("screen", event.t_s, {"screen": runner.screen.id} | event_document(event))
            if event.result is not None and not self._quiet:
                document = result_document(event.result)
                store = self._repository.coaching
                store.save_screen(self.facts.athlete_id, self.facts.id, runner.screen.id, document)
        if runner.finished:
            self._screen = None

    def _frame(self, update: MotionUpdate | None, arrival_s: float) -> Document:
        frame: Document = {
            "athlete_id": self.facts.athlete_id,
            "session_id": self.facts.id,
            "exercise": self.facts.exercise,
            "t_s": number(arrival_s - self.facts.started_s if update is None else update.t_s, 4),
            "arrival_s": arrival_s,
            "reps": self._pipeline.count,
            "reps_session": self.reps_counted,
            "calibrated": bool(self._pipeline.alignments),
            "phase": update.phase if update else self._phase(),
        }
        if update is not None:
            last = update.signals.values[:, -1].tolist()
            for name, value in zip(update.signals.names, last, strict=True):
                if name in _LIVE_SIGNALS or name.startswith(_LIVE_PREFIXES):
                    frame[name] = round(value, 2) if isfinite(value) else None
        return frame

    def _phase(self) -> str:
        """Of a person of whom there is no update: of the movement, or what they are asked to do."""
        if self._pipeline.alignments:
            return self._pipeline.phase.value
        return "move" if self._pipeline.stood else "stand_still"

    def _handle(self, event: Event) -> None:
        if isinstance(event, RepEvent):
            body: Document = {"event": event.kind.value, "set_index": event.set_index, "count": event.count}
            self._count(event)
            self._event("rep", event.t_s, body | {"rep": rep_document(event.rep)})
        elif isinstance(event, SetEvent):
            if event.closed:
                self._repository.save_set(self.facts.id, event.summary)
            state = "set_closed" if event.closed else "set_opened"
            self._event("set", event.t_s, {"event": state, "set": set_document(event.summary)})
        elif isinstance(event, FindingEvent):
            self._event("alert", event.t_s, {"event": "finding", "finding": finding_document(event.finding)})
        elif isinstance(event, CalibrationEvent):
            self._aligned.append(event.alignment)
            body = {"event": "calibrated", "alignment": alignment_document(event.alignment)}
            self._event("calibration", event.t_s, body)
        elif isinstance(event, ExerciseEvent):
            body = {"event": "recognised", "recognised": recognition_document(event)}
            self._event("set", event.t_s, body)
        else:
            self._warn(event)

    def _count(self, event: RepEvent) -> None:
        self.reps_counted += {"rep_committed": 1, "rep_revised": -1}.get(event.kind.value, 0)

    def _warn(self, event: WarningEvent) -> None:
        body = {"event": "warning", "code": event.code, "message": event.message}
        segment = event.segment.value if event.segment else None
        self._event("alert", event.t_s, body | {"segment": segment})

    def _event(self, topic: str, t_s: float, body: Document) -> None:
        whole = {
            "athlete_id": self.facts.athlete_id,
            "session_id": self.facts.id,
            "exercise": self.facts.exercise,
            "t_s": number(t_s),
        } | body
        self._told.append((topic, whole))

    def _keep_and_publish(self) -> None:
        """Rows first: what was told is sent again until the broker has it."""
        told, self._told = self._told, []
        aligned, self._aligned = self._aligned, []
        if self._quiet or not (told or aligned):
            return
        numbers = self._repository.keep(self.facts.id, self.facts.athlete_id, told, aligned)
        for event_id, (topic, body) in zip(numbers, told, strict=True):
            self._publish(Message(topic, self.facts.athlete_id, body | {"id": event_id}, event_id=event_id))

    def _disk_trouble(self, error: StorageError, arrival_s: float) -> None:
        """Say it once; the session goes on, and what waits is written when the disk has room again."""
        if self._disk_failed:
            return
        self._disk_failed = True
        log.error("raw packets are not being written", session=self.facts.id, reason=str(error))
        t_s = arrival_s - self.facts.started_s
        body = {"event": "warning", "code": "storage_failed", "message": str(error), "t_s": number(t_s)}
        self._publish(Message("alert", self.facts.athlete_id, body))
