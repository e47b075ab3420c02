"""What can be added to any variant, ``ns+r1``: one file each."""
