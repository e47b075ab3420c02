"""From samples to values: features, the two sides of a metric, floors and protocols."""
