"""Who is the same person in the three sources: the only room where identities of different sources meet."""
