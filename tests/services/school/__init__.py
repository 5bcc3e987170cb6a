"""Tests of services.school."""
