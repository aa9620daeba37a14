"""What does verifying a passkey alone allow? `python -m bench.peers.verifying SECONDS`: answers verified per second."""

from __future__ import annotations

import sys
import time

from bench.software_passkey import SoftwarePasskey
from ostiary.kit.crypto import webauthn
from ostiary.kit.crypto.jose_form import encode_base64url

_CHALLENGE = bytes(32)
_PARTY = webauthn.RelyingParty(origin="http://localhost", party_id="localhost")


def answers_per_second(seconds: float) -> float:
    passkey = SoftwarePasskey.generate("somebody")
    answer = passkey.answer(encode_base64url(_CHALLENGE), party_id=_PARTY.party_id, origin=_PARTY.origin)
    public_key = passkey.public_key
    webauthn.load_library()
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        response = webauthn.read_assertion(answer)
        webauthn.verify_assertion(response, party=_PARTY, challenge=_CHALLENGE, public_key=public_key)
        done += 1
    return done / elapsed


if __name__ == "__main__":
    print(answers_per_second(float(sys.argv[1])))
