"""Throughput of this machine, beside the loops that a user would write."""
