"""Feature extractors: what a metric looks at, one file each."""
