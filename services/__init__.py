"""The services of Nối Nghề: one folder each, all with the same inside (see README.md)."""
