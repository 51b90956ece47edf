"""One module for each command of ``ilium``: ``register(app)``, and imports made when the command runs."""
