"""How fast and how large is Ostiary, beside its peers, on one machine? `make bench`; design section 7."""
