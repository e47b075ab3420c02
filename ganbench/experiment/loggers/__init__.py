"""Where the events of a run go beside the terminal, one file each."""
