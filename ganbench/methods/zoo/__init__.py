"""The zoo: one paper, one file, with its equations, state, constants, variants and modifier."""
