"""Claims that go out with their proof: asked for by ``verified_claims``, and by nothing else.

    claims parameter ──wishes.read──▶ elements ──issue──▶ kept, sealed, with the code
    kept + consent + what was checked ──fitting──▶ verified_claims of an answer

Specs: OpenID Connect for Identity Assurance 1.0.
"""
