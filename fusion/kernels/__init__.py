"""The compiled inner loops. Plain loops over flat arrays: what numba turns into machine code best."""
