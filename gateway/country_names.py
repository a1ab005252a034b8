"""Countries by name: in the reader's language, with those that are no more and who has none.

The names of today's come with Babel, for every language; it has dropped the others.
"""

from collections.abc import Callable, Mapping
from functools import cache

from babel import Locale

from gateway.folding import bare
from gateway.web.locale import N_
from idp import countries

Gettext = Callable[[str], str]

# ISO 3166-3: people were born there.
NO_MORE: Mapping[str, str] = {
    "AN": N_("Netherlands Antilles"),
    "BU": N_("Burma"),
    "CS": N_("Serbia and Montenegro"),
    "DD": N_("East Germany"),
    "NT": N_("Neutral Zone"),
    "SU": N_("Soviet Union"),
    "TP": N_("East Timor"),
    "YD": N_("South Yemen"),
    "YU": N_("Yugoslavia"),
    "ZR": N_("Zaire"),
}
# ICAO 9303: what stands in a passport in place of a country.
NONE: Mapping[str, str] = {
    "XXA": N_("Stateless"),
    "XXB": N_("Refugee"),
    "XXX": N_("Nationality not known"),
}


def name(code: str, language: Locale, _: Gettext) -> str:
    """Name a country; a code that nobody knows stays as it is."""
    said = NO_MORE.get(code) or NONE.get(code)
    return _(said) if said else str(language.territories.get(code, code))


@cache
def listed(language: Locale) -> tuple[tuple[str, str], ...]:
    """Return today's countries as code and name, in the order of the alphabet."""
    named = [(code, str(language.territories.get(code, code))) for code in countries.CODES]
    return tuple(sorted(named, key=lambda one: bare(one[1])))
