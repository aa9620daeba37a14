"""Which condition keys and which actions exist? Data with lookups; what a policy names beside them is unknown."""
