"""One file per GAN variant: its equations, its constants and its paper."""
