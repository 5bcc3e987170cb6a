"""Events on their way: outbox, relay, event log, worker, dead letters, rebuild.

A command publishes into its own database (`outbox`); the relay moves that to the event log; a worker of
another service takes it from there and applies it once. `log` says what an event log is; `embedded` and
`kafka` are the two there are. Nothing here knows a service.
"""
