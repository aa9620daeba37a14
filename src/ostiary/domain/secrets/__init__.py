"""What is kept sealed for others, in which versions, and under which stages? AWS Secrets Manager's meaning.

A request flows through `naming` (what is meant by the id), `gate` (may the caller), one of `reading`, `creation`,
`writing`, `relabelling`, `tagging`, `deletion` and, for changes, ends as rows and one event in one transaction. A value
is in the open only between `versions.open_version` and the answer, and never in an event, a log or an error.
"""
