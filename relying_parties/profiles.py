"""Security profiles: one per service, each a row of switches.

Specifications disagree about what every client must do, so each service is
registered under one profile and code asks the profile, never the service's name.

Specs: OpenID Connect Core, FAPI 2.0 Security Profile §5.3, RFC 8252, RFC 9700.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from keys import macs

# OpenID Connect Core §9, for products that know no better: whoever verifies it could have made
# it. Such a secret is kept sealed, because a digest of it verifies nothing.
SEALED_METHODS = ("client_secret_jwt",)
SECRET_METHODS = ("client_secret_basic", "client_secret_post", *SEALED_METHODS)
# RFC 8705 §2: by an authority that vouches for a name, or by the very certificate.
CERTIFICATE_METHODS = ("tls_client_auth", "self_signed_tls_client_auth")
ASSERTION_ALGS = ("ES256", "PS256", "EdDSA")
SECRET_ALGS = macs.ALGORITHMS
# RFC 10070 wants a type of its own. The certified clients and the OpenID Foundation's suite
# still send JWT or none, whatever their profile, so refusing these would lock all out. What
# we take for another use carries another type and is refused.
ASSERTION_TYPS = frozenset({"client-authentication+jwt", "jwt", None})


@dataclass(frozen=True, slots=True)
class Profile:
    """What one family of services must do, and what it gets.

    :ivar offered: what it demands is built; else nothing can be registered under it, so that
        no service is believed to be safer than it is
    :ivar assertion_typs: types of a client assertion, in small letters; ``None`` for none at all
    :ivar assertion_to: endpoints that a client assertion may be for, as OpenID Connect Core §9
        and CIBA Core §7.1 have it, not for the issuer alone (RFC 10070)
    :ivar openid_waivable: a registration may say ``openidOptional: true``
    :ivar assertion_lives: no client assertion is good for longer
    :ivar pkce_waivable: a registration may say ``requirePkce: false``
    :ivar require_sender_constraint: its access tokens are for a key that it proves
    :ivar dpop_nonce: its proofs repeat a nonce of ours, so that none can be made ahead
    :ivar merges_objects: parameters outside a request object fill its gaps, and it may
        leave out whose it is (OpenID Connect Core §6.1 against RFC 9101 §5)
    :ivar unsigned_objects: a request object may be signed by nobody, where the conformance suite
        is the only client
    :ivar backchannel: it may ask citizens who are not in front of it (CIBA)
    :ivar traced: what it reads carries the id of the interaction (FAPI 1.0 §6.2.1-11)
    :ivar dated_objects: a request object says from when to when it is good
    :ivar rotate_refresh: each use of a refresh token replaces it (public clients)
    :ivar front_channel: it may register response types whose tokens go through the browser
    :ivar loopback: ``http`` to the device's own address, any port (RFC 8252 §7.3)
    """

    name: str
    require_par: bool
    auth_methods: tuple[str, ...]
    id_token_algs: tuple[str, ...]
    assertion_algs: tuple[str, ...] = ASSERTION_ALGS
    assertion_typs: frozenset[str | None] = ASSERTION_TYPS
    offered: bool = True
    assertion_to: tuple[str, ...] = ()
    assertion_lives: timedelta = timedelta(minutes=5)
    openid_waivable: bool = False
    pkce_waivable: bool = False
    require_sender_constraint: bool = False
    dpop_nonce: bool = False
    merges_objects: bool = False
    unsigned_objects: bool = False
    backchannel: bool = False
    traced: bool = False
    dated_objects: bool = True
    rotate_refresh: bool = False
    front_channel: bool = False
    loopback: bool = False
    code_ttl: timedelta = timedelta(seconds=60)  # FAPI 2.0 §5.3.2.1 allows no more
    access_token_ttl: timedelta = timedelta(seconds=300)


_ROWS = (
    Profile(
        name="oidc-basic",
        require_par=False,
        auth_methods=(*SECRET_METHODS, "private_key_jwt", *CERTIFICATE_METHODS),
        id_token_algs=("RS256", "ES256", "PS256"),
        assertion_algs=("RS256", *ASSERTION_ALGS),
        assertion_to=("/token",),
        assertion_lives=timedelta(hours=1),  # what Authlib's clients make, and can't be told to
        pkce_waivable=True,
        merges_objects=True,
        unsigned_objects=True,
        front_channel=True,
        dated_objects=False,
    ),
    Profile(
        name="gov-standard",
        require_par=True,
        auth_methods=("private_key_jwt", *CERTIFICATE_METHODS),
        id_token_algs=("ES256", "RS256", "PS256"),
        openid_waivable=True,
    ),
    Profile(
        name="fapi2",
        require_par=True,
        auth_methods=("private_key_jwt", *CERTIFICATE_METHODS),
        id_token_algs=("ES256", "PS256"),
        openid_waivable=True,
        require_sender_constraint=True,
    ),
    Profile(
        name="native-public",
        require_par=False,
        auth_methods=("none",),
        id_token_algs=("ES256", "RS256"),
        dpop_nonce=True,
        rotate_refresh=True,
        loopback=True,
    ),
    Profile(
        name="federated",
        require_par=True,
        auth_methods=("private_key_jwt",),
        id_token_algs=("ES256", "RS256"),
        offered=False,  # until trust chains are read
    ),
    Profile(
        name="ciba",
        require_par=True,
        auth_methods=("private_key_jwt", *CERTIFICATE_METHODS),
        id_token_algs=("ES256", "PS256"),
        assertion_algs=("ES256", "PS256"),
        assertion_to=("/token", "/bc-authorize"),
        require_sender_constraint=True,
        backchannel=True,
        traced=True,
    ),
)

PROFILES: Mapping[str, Profile] = MappingProxyType({row.name: row for row in _ROWS})
