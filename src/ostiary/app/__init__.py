"""The one place where everything is joined."""
