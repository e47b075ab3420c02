"""Faults: what a power cut, a full disk, damage, signals or misbehaving code do to a run."""
