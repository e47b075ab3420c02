"""Controls, one file each: trivial generators, measured beside the trained ones."""
