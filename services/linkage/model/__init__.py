"""What two records say for and against being one person, in bits: one Splink settings document."""
