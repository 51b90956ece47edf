"""Who called: BlueZ keeps discovery and notifications for each D-Bus client."""

from __future__ import annotations

from contextvars import ContextVar

from dbus_fast import Message

_SENDER: ContextVar[str] = ContextVar("sender", default="")


def remember(message: Message) -> None:
    """A message handler: called for each message before its method is."""
    _SENDER.set(message.sender or "")


def sender() -> str:
    """Unique bus name of the client whose method call is being answered."""
    return _SENDER.get()
