"""What must survive: `kill -9` between any two steps, servers that go away, processes that sleep.

`mishap` names the steps and ends (or stops) the process at one of them; `chain` is a small house of two
services with real outboxes, log and consumer; `process` runs roles of it; `ledger` is what the outside world
was told; `invariants` are the promises, checked from outside when everything has come to rest.
"""
