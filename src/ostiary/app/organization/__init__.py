"""The organization as a file: what it says, how it differs from what is kept, and what follows from the difference."""
