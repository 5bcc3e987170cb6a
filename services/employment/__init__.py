"""Employment: employers, the places they offer, and who was hired."""
