"""What does somebody have after proving who they are? Browser sessions (rows), role sessions (sealed, no row), and
revocation by epoch: "nothing issued before T for this person, role, client, workload or trust".
"""
