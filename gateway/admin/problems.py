"""What is wrong with a registration, in words: one row for each word of the rules."""

from collections.abc import Callable, Iterable

from gateway.admin import form
from gateway.web.locale import N_

SENTENCES = {
    "missing": N_("This is needed"),
    "name_taken": N_("Another agency has this name"),
    "slug": N_("Use small letters, digits and hyphens, at most 63"),
    "unknown": N_("Choose one of the list"),
    "value": N_("Choose one of the list"),
    "unknown_claim": N_("Choose a detail of the catalogue"),
    "claim_name": N_("Choose a detail of the catalogue"),
    "law_only": N_("This goes out only where a law says so: choose that ground and name the law"),
    "area_missing": N_("Name the area: a country, and a region or a town if it is smaller"),
    "country": N_("Use two capital letters, such as GB"),
    "twice": N_("This is here twice"),
    "range": N_("Use a number from 1 to 365"),
    "answer_days": N_("Use a number from 1 to 90"),
    "length": N_("This is too short or too long"),
    "too_long": N_("This is too long"),
    "too_many": N_("There are too many of these"),
    "not_a_list": N_("There must be at least one"),
    "words_by_language": N_("Say this in English at least"),
    "hidden_characters": N_("There are characters in this that nobody can see"),
    "outer_spaces": N_("There are spaces at its beginning or end"),
    "markup": N_("Use plain text without < or >"),
    "not_nfc": N_("Type this again: its letters are composed in an unusual way"),
    "mixed_scripts": N_("A word mixes letters of two scripts that look alike"),
    "profile_forbids": N_("The security profile does not allow this"),
    "not_here": N_("This gateway is not set to offer this"),
    "not_offered": N_("This security profile is not offered yet"),
    "scheme": N_("Use an address that begins with https"),
    "wildcard": N_("Write out each address: patterns are not allowed"),
    "fragment": N_("The address must not have a # in it"),
    "reserved_query": N_("The address has a parameter that answers use, such as code or state"),
    "dot_segment": N_("The address must not have /../ in it"),
    "userinfo": N_("The address must not have a name or password in it"),
    "port": N_("The port is not right"),
    "host": N_("The host name is not right"),
    "malformed": N_("This is not an address"),
    "characters": N_("There are characters in this that an address cannot have"),
    "jwks_and_jwks_uri": N_("Give keys or an address of keys, not both"),
    "keys_missing": N_("Give public keys as a JWK set, or an address of one"),
    "one_certificate_name": N_("Give exactly one name of its certificate"),
    "certificate_name": N_("No certificate can carry this name"),
    "no_certificates": N_("Services cannot show certificates to this gateway"),
    "foreign_certificate": N_("The certificate in x5c is not of this key"),
    "encryption_key_missing": N_("Give a key with the use enc that fits the algorithm"),
    "not_corrigible": N_(
        "This cannot be corrected: it is made of other details, or the citizen proves it"
    ),
    "not_asked": N_("Ask for it in one of the purposes first"),
    "foreign_origin": N_("Use the same scheme, host and port as one of the redirect addresses"),
    "private_key": N_("This holds a private key. Make a new one, and give its public part only"),
    "kid_missing": N_("Each key needs a kid"),
    "scope": N_(
        "Use scopes such as payments:read, in small letters, and none that is about citizens"
    ),
    "taken": N_("Another service offers this address"),
    "query": N_("The address must not have a ? in it"),
    "for_pings_only": N_("Only a service that wants to be pinged has this address"),
    "kid_twice": N_("Two keys have the same kid"),
}
OTHER = N_("This is not right")


def told(problems: Iterable[tuple[str, str]], gettext: Callable[[str], str]) -> dict[str, str]:
    """Return a sentence for each field that has a problem, by the field's name."""
    found: dict[str, str] = {}
    for path, word in problems:
        name = form.field(path)
        if word in ("words_by_language", "missing") and not name.endswith(form.LANGUAGES):
            name = f"{name}.en" if _in_languages(name) else name
        found.setdefault(name, gettext(SENTENCES.get(word, OTHER)))
    return found


def _in_languages(name: str) -> bool:
    return name.rsplit(".", 1)[-1] in ("name", "description", "otherWays", "why", "law")
