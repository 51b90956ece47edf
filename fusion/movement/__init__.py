"""Signals in, repetitions, holds and sets out: what is counted, and what only looks like it."""
