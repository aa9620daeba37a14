"""Which outside issuers are trusted, and does this token prove one of our workloads?"""
