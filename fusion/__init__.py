"""Numbers in, numbers out: orientation, alignment, hip angles, reps and form.

Pure and synchronous. Time arrives as data; nothing here reads a clock, opens a socket or starts a thread.
"""
