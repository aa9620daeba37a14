"""What does a caller learn when the database refuses?

SQLAlchemy wraps what a column's type raises; here it is unwrapped, and a broken constraint becomes a domain error.
"""

from __future__ import annotations

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from ostiary.domain.audit.errors import DomainError, FactsConflict

DATABASE_FAILURES = (SQLAlchemyError,)  # what a database raises that is away, in disorder, or none at all


def describe_failure(failure: BaseException) -> str:
    """One line for the operator, without statements and their values."""
    original = failure.orig if isinstance(failure, DBAPIError) and failure.orig is not None else failure
    return _without_values(original)


def speak_domain(engine: Engine) -> None:
    """From now on statements of this engine raise UnstorableText and FactsConflict instead of SQLAlchemy's errors."""
    event.listen(engine, "handle_error", _translate)


def _translate(context: ExceptionContext) -> BaseException | None:
    if isinstance(context.original_exception, DomainError):
        return context.original_exception
    if isinstance(context.sqlalchemy_exception, IntegrityError):
        return FactsConflict(
            "this contradicts what is kept: a name is taken, or something that is named is missing or still used",
            operator_text=f"constraint refused the change: {_without_values(context.original_exception)}",
        )
    return None


def _without_values(failure: BaseException) -> str:
    """PostgreSQL's DETAIL line repeats the row, which belongs in no log."""
    return str(failure).splitlines()[0][:300] if str(failure) else type(failure).__name__
