"""Which room gets which collaborators? One file for each door; `doors.py` joins them."""
