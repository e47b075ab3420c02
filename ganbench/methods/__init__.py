"""What training methods are made of, and the zoo of methods: one paper, one file."""
