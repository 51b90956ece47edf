"""From radio packets to time-stamped SI samples."""
