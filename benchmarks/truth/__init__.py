"""Accuracy against truth, one subject a module."""
