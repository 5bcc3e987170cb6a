"""Links files that are in no store: reads, repairs, weighs, decides, writes."""
