"""Vocational: institutions, their programmes and intakes, and who is enrolled in a trade."""
