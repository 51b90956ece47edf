"""Speed and memory, one subject a module."""
