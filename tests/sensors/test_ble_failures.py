"""Every failure of the radio has a class and one clear line."""

from __future__ import annotations

import pytest
from bleak.exc import BleakDBusError, BleakDeviceNotFoundError, BleakError

from sensors.ble.failures import LinkError, classify, no_adapter
from sensors.reconnect import Failure


@pytest.mark.parametrize(
    ("error", "failure", "part"),
    [
        (
            BleakDBusError("org.bluez.Error.Failed", ["le-connection-concurrent-connection-limit"]),
            Failure.OUT_OF_SLOTS,
            "carries no more sensors",
        ),
        (BleakError("no free connection slot"), Failure.OUT_OF_SLOTS, "carries no more sensors"),
        (
            BleakDBusError("org.bluez.Error.InProgress", ["Operation already in progress"]),
            Failure.BUSY,
            "the adapter is busy",
        ),
        (BleakDeviceNotFoundError("AA:01", "gone"), Failure.NOT_FOUND, "waiting until it is seen again"),
        (TimeoutError(), Failure.TRANSIENT, "no answer in time"),
        (BleakDBusError("org.bluez.Error.Failed", ["Not connected"]), Failure.TRANSIENT, "Not connected"),
        (EOFError(), Failure.TRANSIENT, "EOFError"),
        (LinkError(Failure.REFUSED, "it says no"), Failure.REFUSED, "it says no"),
    ],
)
def test_a_failure_is_classed_by_what_bleak_raises(error: Exception, failure: Failure, part: str) -> None:
    found, reason = classify(error)
    assert found is failure
    assert part in reason
    assert "\n" not in reason


def test_an_adapter_that_cannot_be_used_is_named() -> None:
    assert str(no_adapter(BleakError("adapter 'hci7' not found"), "hci7")) == (
        "no usable Bluetooth adapter hci7 (adapter 'hci7' not found); plug one in and switch it on, "
        "or try: ilium demo"
    )
