"""Measurements, each side by side with a bare peer in the same run; `python -m bench` prints one table.

Ratios are the result: absolute figures say something about a machine. Tests never measure time.
"""
