"""The operators' API: what programs record with a key that acts as a person, and read back."""
