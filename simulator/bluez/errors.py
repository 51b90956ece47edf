"""BlueZ's D-Bus errors for what goes wrong on the radio (src/error.c of BlueZ)."""

from __future__ import annotations

from bumble import att, hci
from dbus_fast import DBusError

_PREFIX = "org.bluez.Error."
_ATT = {
    att.ErrorCode.INVALID_HANDLE: ("Failed", "Operation failed with ATT error: 0x01"),
    att.ErrorCode.READ_NOT_PERMITTED: ("NotPermitted", "Read not permitted"),
    att.ErrorCode.WRITE_NOT_PERMITTED: ("NotPermitted", "Write not permitted"),
    att.ErrorCode.INSUFFICIENT_AUTHENTICATION: ("NotPermitted", "Not paired"),
    att.ErrorCode.INSUFFICIENT_AUTHORIZATION: ("NotAuthorized", "Operation Not Authorized"),
    att.ErrorCode.REQUEST_NOT_SUPPORTED: ("NotSupported", "Operation is not supported"),
    att.ErrorCode.INVALID_OFFSET: ("InvalidOffset", "Invalid offset"),
    att.ErrorCode.INVALID_ATTRIBUTE_LENGTH: ("InvalidValueLength", "Invalid Length"),
}


def failed(text: str) -> DBusError:
    """``org.bluez.Error.Failed``."""
    return DBusError(_PREFIX + "Failed", text)


def in_progress() -> DBusError:
    """Somebody else is at it."""
    return DBusError(_PREFIX + "InProgress", "Operation already in progress")


def not_supported() -> DBusError:
    """The attribute cannot do that."""
    return DBusError(_PREFIX + "NotSupported", "Operation is not supported")


def does_not_exist() -> DBusError:
    """There is no such device."""
    return DBusError(_PREFIX + "DoesNotExist", "Does Not Exist")


def not_connected() -> DBusError:
    """The link went away."""
    return failed("Not connected")


def of_att(error: att.ATT_Error) -> DBusError:
    """What the sensor's GATT server answered."""
    name, text = _ATT.get(
        att.ErrorCode(error.error_code),
        ("Failed", f"Operation failed with ATT error: 0x{int(error.error_code):02x}"),
    )
    return DBusError(_PREFIX + name, text)


def of_connecting(status: int) -> DBusError:
    """Why the controller gave a connection up."""
    if status == hci.HCI_ErrorCode.CONNECTION_LIMIT_EXCEEDED_ERROR:
        return failed("le-connection-concurrent-connection-limit")
    if status == hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR:
        return failed("le-connection-canceled")
    return failed("le-connection-abort-by-remote")
