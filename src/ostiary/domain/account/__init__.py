"""What does a person manage for herself: her ways to sign in, her sessions, her applications, her data?"""
