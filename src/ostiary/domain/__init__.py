"""The rules of the house: no HTTP, no SQL, no clock of their own."""
