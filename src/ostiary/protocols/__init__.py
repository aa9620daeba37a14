"""How the outside speaks to us; protocols do not know each other."""
