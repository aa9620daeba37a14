"""`make demo`: a sample organization on this machine, and a tour through its doors, which any client may use."""
