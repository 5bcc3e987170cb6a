"""Links everything at once by Splink itself: on DuckDB, or on Spark where one machine is not enough."""
