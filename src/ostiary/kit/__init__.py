"""Tools that know nothing of identity."""
