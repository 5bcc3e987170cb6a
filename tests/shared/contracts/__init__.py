"""Tests of the event contracts and of what is derived from them."""
