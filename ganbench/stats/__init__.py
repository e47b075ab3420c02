"""Statistics over seeds: arrays in, arrays out. A failed seed has the quantity's worst value."""
