"""Which exercise this is, where nobody has said so."""
