"""How the step of a whole population is executed: one file a backend."""
