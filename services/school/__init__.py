"""School: schools, who completed a stage there, who goes on in general or higher education, life events."""
