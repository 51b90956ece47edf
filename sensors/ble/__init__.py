"""Real sensors over Bluetooth LE, through bleak: found, connected, checked, streaming, back after a loss.

The backend is bleak's own for the platform, or one that is handed in (the simulator's virtual radio).
"""

from sensors.ble.adapters import BleAdapter
from sensors.ble.failures import RadioError
from sensors.ble.probe import visit
from sensors.ble.scan import Sighting, scan
from sensors.ble.source import BleSource
from sensors.ble.sync import SyncOutcome, synchronise

__all__ = ["BleAdapter", "BleSource", "RadioError", "Sighting", "SyncOutcome", "scan", "synchronise", "visit"]
