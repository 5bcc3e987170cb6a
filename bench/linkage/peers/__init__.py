"""Who ours is compared with: each takes the same prepared records and answers in the same form."""
