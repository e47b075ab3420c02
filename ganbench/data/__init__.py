"""Data sets, one file each; every loader is offline unless it says otherwise."""
