"""Screens as plain documents, as files and the API show them."""

from __future__ import annotations

from fusion.screens.model import Screen, ScreenEvent, ScreenResult
from fusion.summary import Document, number


def screen_document(screen: Screen) -> Document:
    """A screen and its instructions."""
    return {
        "id": screen.id,
        "name": screen.name,
        "needs": sorted(segment.value for segment in screen.needs),
        "either_thigh": screen.either_thigh,
        "steps": [{"id": step.id, "instruction": step.instruction} for step in screen.steps(60.0)],
        "sources": list(screen.sources),
    }


def result_document(result: ScreenResult) -> Document:
    """A result with its uncertainty."""
    return {
        "screen": result.screen,
        "values": [
            {"name": v.name, "value": number(v.value), "sd": number(v.sd), "unit": v.unit, "usual": v.usual}
            for v in result.values
        ],
        "remarks": list(result.remarks),
        "not_meant": result.not_meant,
        "questions": list(result.questions),
        "validity": result.validity.value,
    }


def event_document(event: ScreenEvent) -> Document:
    """One word of the guide."""
    return {
        "event": f"screen_{event.kind.value}",
        "step": event.step,
        "message": event.message,
        "progress": number(event.progress),
        "result": result_document(event.result) if event.result else None,
    }
