"""The gateway: sessions, storage, MQTT, REST and the command line."""
