"""What every service's web application stands on: errors, keys, idempotency, logs, health, OpenAPI.

`application.create_app` makes the application of one service; `dispatch.combine` puts several behind one
address on one machine; `resources.kind_blueprint` gives an importable kind its machine interface.
"""
