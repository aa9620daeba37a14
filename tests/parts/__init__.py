"""What do tests share? The real parts that they run against: PostgreSQL, Chromium, an Ostiary server."""
