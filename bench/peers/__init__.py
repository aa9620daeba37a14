"""The servers that Ostiary is measured beside."""
