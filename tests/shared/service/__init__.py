"""Tests of shared.service."""
