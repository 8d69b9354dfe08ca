"""How fast codes are stored and found."""
