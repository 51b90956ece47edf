"""The REST and WebSocket API, version 1."""
