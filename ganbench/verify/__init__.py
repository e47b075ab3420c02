"""Executable checks: ``ganbench verify NAME``. One module each, with ``run(**options)``.

Every module returns an ``Outcome``; the command prints its table, writes its figures and exits
with 1 unless every check passed.
"""
