"""Tests of services.employment."""
