"""What everything stands on: errors, seeds, files, cache, registry, and the kinds of things."""
