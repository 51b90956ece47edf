"""Firmware profiles: each supported BLE sensor described by one TOML file."""
