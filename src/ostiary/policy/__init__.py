"""The AWS IAM JSON policy language: a pure library, (request, policies) -> Decision with reasons."""
