"""What a virtual sensor advertises: 31 bytes, and the rest when it is asked (scan response)."""

from __future__ import annotations

from typing import Final

from bumble.core import AdvertisingData

from firmware_profiles import Profile

_ROOM: Final = 31
_NO_COMPANY: Final = 0xFFFF
"""Of devices that write something else where the company's id belongs."""
_BASE_TAIL: Final = "-0000-1000-8000-00805f9b34fb"


def advertised_name(profile: Profile, number: str) -> str:
    """The name of a sensor with this number (digits of its own, such as the end of its address)."""
    rule, names = profile.match.serial, profile.match.names
    if rule is not None and rule.after_name:
        prefix = names[0] if names else profile.match.example_name.rpartition(" ")[0] + " "
        rest = profile.match.example_name.removeprefix(prefix)
        gap = rest[: len(rest) - len(rest.lstrip(" -_#"))]
        return f"{prefix}{gap}{number}"
    return profile.match.example_name or (names[0] if names else "")


def advertisement(profile: Profile, name: str, number: bytes) -> tuple[bytes, bytes]:
    """Advertisement and scan response; what says who it is comes first."""
    rule = profile.match
    fields: list[tuple[int, bytes]] = [(AdvertisingData.FLAGS, b"\x06")]
    numbered = rule.serial is not None and rule.serial.length > 0
    if rule.manufacturer_id is not None or numbered:
        data = bytearray.fromhex(rule.manufacturer_data or "")
        if rule.serial is not None and rule.serial.length:
            at, length = rule.serial.offset, rule.serial.length
            data.extend(bytes(max(0, at + length - len(data))))
            data[at : at + length] = number[-length:].rjust(length, b"\x00")
        company = (_NO_COMPANY if rule.manufacturer_id is None else rule.manufacturer_id).to_bytes(
            2, "little"
        )
        fields.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, company + bytes(data)))
    fields += [_service(uuid) for uuid in rule.service_uuids[:1]]
    if name:
        fields.append((AdvertisingData.COMPLETE_LOCAL_NAME, name.encode()))
    first: list[tuple[int, bytes]] = []
    rest: list[tuple[int, bytes]] = []
    for field in fields:
        (first if len(bytes(AdvertisingData([*first, field]))) <= _ROOM else rest).append(field)
    return bytes(AdvertisingData(first)), bytes(AdvertisingData(rest))


def _service(uuid: str) -> tuple[int, bytes]:
    if uuid.startswith("0000") and uuid.endswith(_BASE_TAIL):
        return AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, bytes.fromhex(uuid[4:8])[::-1]
    whole = bytes.fromhex(uuid.replace("-", ""))[::-1]
    return AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, whole
