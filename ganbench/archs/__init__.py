"""Architectures: a generator and discriminator pair for data shapes, one file each."""
