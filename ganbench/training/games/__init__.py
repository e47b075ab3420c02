"""Game algorithms: how the gradients of both players make a step. One paper, one file."""
