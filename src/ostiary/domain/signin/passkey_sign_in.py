"""How does somebody come in with a passkey? As the only step, without a name; as the second; or to be sure again."""

from __future__ import annotations

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.challenges import Asked, ChallengePurpose
from ostiary.domain.credentials.passkey_errors import PasskeyRefused
from ostiary.domain.directory.model import Person
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin.passkey_proof import Demand, PasskeyProofs
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin.step_up import StepUp
from ostiary.kit.clock import Clock


class PasskeySignIn:
    """`binding` is what only this browser's session, or its form cookie before there is one, has."""

    def __init__(self, *, proofs: PasskeyProofs, arrivals: Arrivals, step_up: StepUp, clock: Clock) -> None:
        self._proofs = proofs
        self._arrivals = arrivals
        self._step_up = step_up
        self._clock = clock

    def options(self, binding: str) -> str | None:
        """The same for everybody; None where passkeys cannot be."""
        return self._proofs.open_request(Asked(ChallengePurpose.SIGN_IN, binding))

    def second_step_options(self, half: SignedIn, binding: str) -> str | None:
        """None when she has none, or may not use it."""
        return self._proofs.request_of(half.person, half.rules, Asked(ChallengePurpose.SECOND_FACTOR, binding))

    def step_up_options(self, signed_in: SignedIn, binding: str) -> str | None:
        return self._proofs.request_of(signed_in.person, signed_in.rules, Asked(ChallengePurpose.STEP_UP, binding))

    def sign_in(self, answer: str, binding: str, origin: Origin) -> Opened:
        """Raises PasskeyRefused, SignInRefused, Throttled."""
        demand = Demand(Asked(ChallengePurpose.SIGN_IN, binding), origin, EventName.SIGN_IN)
        return self._arrive(demand, answer, None)

    def finish(self, half: SignedIn, answer: str, binding: str, origin: Origin) -> Opened:
        """Raises PasskeyRefused, SignInRefused, Throttled."""
        asked = Asked(ChallengePurpose.SECOND_FACTOR, binding)
        return self._arrive(Demand(asked, origin, EventName.SIGN_IN, half.person), answer, half)

    def confirm(self, signed_in: SignedIn, answer: str, binding: str, origin: Origin) -> Opened:
        """The session, strengthened. Raises PasskeyRefused, Throttled."""
        asked = Asked(ChallengePurpose.STEP_UP, binding)
        demand = Demand(asked, origin, EventName.STRENGTHEN_SESSION, signed_in.person)
        return self._proofs.use(
            demand, answer, lambda tx, _person, methods: self._step_up.strengthen(tx, signed_in, methods, origin)
        )

    def _arrive(self, demand: Demand, answer: str, half: SignedIn | None) -> Opened:
        arriving = _Arriving(self._arrivals, demand, half, self._clock)
        try:
            return self._proofs.use(demand, answer, arriving)
        except SignInRefused as refused:
            self._arrivals.note_refusal(arriving.person, demand.origin, refused, demand.event)
            raise


class _Arriving:
    """What happens in the transaction that takes the proof; remembers whom it was about when the rules say no."""

    def __init__(self, arrivals: Arrivals, demand: Demand, half: SignedIn | None, clock: Clock) -> None:
        self._arrivals = arrivals
        self._demand = demand
        self._half = half
        self._clock = clock
        self.person: Person | None = None

    def __call__(self, tx: SigninSlice, person: Person, methods: tuple[str, ...]) -> Opened:
        self.person = person
        half = self._half.session if self._half is not None else None
        if half is not None and tx.sessions.browser_session(half.session_id) is None:
            raise PasskeyRefused("the session ended at this moment")
        return self._arrivals.arrive(
            tx, person, proved=methods, half=half, origin=self._demand.origin, now=self._clock.now()
        )
