"""Tests of services.vocational."""
