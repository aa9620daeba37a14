"""What is kept sealed for others, in which versions, and under which stages? AWS Secrets Manager's meaning."""
