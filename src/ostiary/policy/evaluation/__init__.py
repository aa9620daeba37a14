"""Many policies, one answer: which layers must allow, and what the decision is."""
