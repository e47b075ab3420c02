"""Tasks, one file each: what trained generators are used for."""
