"""An ``org.bluez`` look-alike on a private D-Bus: bleak's own BlueZ backend runs on it unmodified.

Names, paths, properties, signals and errors follow BlueZ's documentation (org.bluez.Adapter, .Device,
.GattService, .GattCharacteristic and .GattDescriptor of BlueZ 5.7x); underneath is bumble's host on the
virtual radio. Left out: pairing, advertising, monitors, and AcquireNotify and AcquireWrite.
"""

from simulator.bluez.bus import private_bus
from simulator.bluez.stack import Bluez, bluez
from simulator.bluez.system_bus import as_system_bus

__all__ = ["Bluez", "as_system_bus", "bluez", "private_bus"]
