"""What does a person see in the browser? Pages of plain HTML: forms that post, one style sheet, no script."""
