"""The population trainer: a pure step for one lane, vectorised over lanes."""
