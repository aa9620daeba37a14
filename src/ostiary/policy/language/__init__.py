"""The words of a policy: a text becomes statements that can be asked whether they concern a request."""
