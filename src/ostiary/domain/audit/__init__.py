"""What happened, who did it, and can it be proved?

Every operation of every door leaves one `Event` of the closed vocabulary. A change writes its event in
its own transaction; a read of a secret or the issue of a credential waits until its event is durable before the answer
leaves. The sealer appends committed events in order to an RFC 6962 tree and signs a checkpoint at least every second.
An event never holds a secret value.
"""
