"""Spreadsheets in and out: layouts, reading, the three answers to what is odd, importing, writing."""
