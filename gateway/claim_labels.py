"""What the claims are called, and how their values read to a person.

A claim of the catalogue that has no label here fails a test; what people read is the
translation of these words. Values are shown as plain text: the page escapes them.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_currency

from gateway import country_names, language_names

Gettext = Callable[[str], str]


def _(text: str) -> str:
    """Mark ``text`` for the catalogue of translations; it is translated when shown."""
    return text


LABELS: Mapping[str, str] = {
    "sub": _("Your number at this agency"),
    "updated_at": _("When your details last changed"),
    "locale": _("Language of your account"),
    "zoneinfo": _("Time zone"),
    "verified_at": _("When your identity was checked"),
    "given_name": _("Given names"),
    "family_name": _("Family name"),
    "middle_name": _("Middle name"),
    "name": _("Full name"),
    "birth_family_name": _("Family name at birth"),
    "birth_given_name": _("Given names at birth"),
    "birth_middle_name": _("Middle name at birth"),
    "also_known_as": _("Other name you use"),
    "nickname": _("Preferred name"),
    "salutation": _("How to address you"),
    "title": _("Title"),
    "patronymic_name": _("Patronymic name"),
    "name_latin": _("Name in Latin letters"),
    "previous_names": _("Names you had before"),
    "birthdate": _("Date of birth"),
    "place_of_birth": _("Place of birth"),
    "date_of_death": _("Date of death"),
    "gender": _("Gender"),
    "sex": _("Sex in the register"),
    "nationalities": _("Nationality"),
    "marital_status": _("Marital status"),
    "residence_status": _("Right to live here"),
    "age_over_16": _("16 or over"),
    "age_over_18": _("18 or over"),
    "age_over_21": _("21 or over"),
    "age_over_65": _("65 or over"),
    "age_in_years": _("Age in years"),
    "birth_year": _("Year of birth"),
    "is_resident_of": _("Lives in the area"),
    "is_citizen": _("Citizen of this country"),
    "locality": _("Town you live in"),
    "postal_code": _("Postcode"),
    "identity_verified": _("Identity checked"),
    "verification": _("How your details were checked"),
    "evidence": _("What was looked at to check your details"),
    "email": _("Email address"),
    "email_verified": _("Email address confirmed"),
    "phone_number": _("Phone number"),
    "phone_number_verified": _("Phone number confirmed"),
    "msisdn": _("Mobile number, digits only"),
    "preferred_language": _("Languages you prefer"),
    "contact_preference": _("How you like to be contacted"),
    "accessibility_needs": _("Help you need"),
    "address": _("Home address"),
    "mailing_address": _("Postal address"),
    "previous_addresses": _("Addresses you had before"),
    "address_register_id": _("Number of your address in the register"),
    "eidas_person_identifier": _("European identity number"),
    "national_identifiers": _("National number"),
    "tax_identifier": _("Tax number"),
    "documents": _("Passport and identity cards"),
    "picture": _("Photo"),
    "representation": _("People you act for"),
    "children": _("Your children"),
}

WORDS: Mapping[str, str] = {
    "digital_mailbox": _("digital mailbox"),
    "email": _("email"),
    "sms": _("text message"),
    "phone": _("phone"),
    "post": _("post"),
    "do_not_contact": _("no contact"),
    "single": _("single"),
    "married": _("married"),
    "registered_partnership": _("registered partnership"),
    "divorced": _("divorced"),
    "widowed": _("widowed"),
    "undisclosed": _("not said"),
    "female": _("female"),
    "male": _("male"),
    "non-binary": _("non-binary"),
    "citizen": _("citizen"),
    "permanent": _("permanent"),
    "temporary": _("temporary"),
    "protected": _("protected"),
    "other": _("other"),
    "large_print": _("large print"),
    "screen_reader": _("screen reader"),
    "easy_read": _("easy words"),
    "sign_language": _("sign language"),
    "braille": _("braille"),
    "bsl_video": _("sign language by video"),
    "in_person": _("in person"),
    "idcard": _("identity card"),
    "passport": _("passport"),
    "driving_permit": _("driving licence"),
    "residence_permit": _("residence permit"),
    "population_register": _("entry in the population register"),
    "low": _("lightly"),
    "substantial": _("thoroughly"),
    "high": _("very thoroughly"),
    "parent": _("parent"),
    "guardian": _("guardian"),
    "carer": _("carer"),
    "attorney": _("attorney"),
    "company_representative": _("company representative"),
}

# ISO 5218, and what the European identity adds to it.
SEXES: Mapping[int, str] = {
    0: _("not known"),
    1: _("male"),
    2: _("female"),
    3: _("other"),
    4: _("inter"),
    5: _("diverse"),
    6: _("open"),
    9: _("does not apply"),
}

# Registers that come with the product; an agency's own keeps the name it has.
REGISTERS: Mapping[str, str] = {"Population Register": _("Population Register")}

# Shown by their last characters; the rest is behind "Show".
MASKED = frozenset(
    {"eidas_person_identifier", "national_identifiers", "tax_identifier", "documents"}
)
_TOWN_FIRST = frozenset({"GB", "IE", "US", "CA", "AU", "NZ", "IN"})
_COUNTRIES = frozenset({"nationalities"})
_DATES = frozenset({"birthdate", "date_of_death"})
_MOMENTS = frozenset({"updated_at", "verified_at"})
_LANGUAGES = frozenset({"locale", "preferred_language"})
_ENUMS = frozenset(
    {
        *("contact_preference", "marital_status", "gender", "accessibility_needs"),
        *("verification", "evidence"),
    },
)


def label(claim: str, _: Gettext) -> str:
    """Name a claim; one that is not ours keeps its own name."""
    return _(LABELS[claim]) if claim in LABELS else claim


def register(name: str, _: Gettext) -> str:
    """Name the register that a value comes from."""
    return _(REGISTERS[name]) if name in REGISTERS else name


def text(claim: str, value: Any, *, locale: str, _: Gettext) -> str:
    """Spell a value for a person; lines are parted by newlines."""
    language = _language(locale)
    return _Speller(language, _).spell(claim, value)


def area(members: Mapping[str, str], locale: str) -> str:
    """Spell the area that a claim speaks of, the smallest part first."""
    code = members.get("country_code", "")
    language = _language(locale)
    country = str(language.territories.get(code, code))
    parts = (members.get("locality"), members.get("region"), country)
    return _comma(language).join(part for part in parts if part)


def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """Return every country as code and name, to choose from."""
    return country_names.listed(_language(locale))


def languages(tags: Iterable[str], locale: str) -> str:
    """Name languages as somebody can type them again."""
    return language_names.spell(tags, _language(locale))


def listed(names: Iterable[str], locale: str) -> str:
    """Join names as the language does, such as "Full name, Title and Photo"."""
    return format_list(list(names), locale=_language(locale))


def mask(claim: str, spelled: str) -> str | None:
    """Hide all but the last three characters, if the claim is one to hide."""
    if claim not in MASKED:
        return None
    return "•••• " + spelled.rstrip()[-3:]


def day(moment: dt.date | dt.datetime, locale: str) -> str:
    """Spell a day, such as "3 May 2026"."""
    return str(format_date(moment, "long", locale=_language(locale)))


def clock(moment: dt.datetime, locale: str) -> str:
    """Spell a moment with its date, in UTC as the page says."""
    language = _language(locale)
    joint = str(get_datetime_format("medium", locale=language))
    time = format_time(moment, "HH:mm", locale=language)
    return f"{joint.format(time, format_date(moment, 'long', locale=language))} UTC"


def hour(moment: dt.datetime, locale: str) -> str:
    """Spell the time of a moment of today, in UTC as the page says."""
    return f"{format_time(moment, 'HH:mm', locale=_language(locale))} UTC"


def money(value: str, currency: str, locale: str) -> str:
    """Spell an amount, such as "€312.40", with every digit that it has."""
    language = _language(locale)
    exact = Decimal(value)
    return str(format_currency(exact, currency, locale=language, decimal_quantization=False))


def _language(locale: str) -> Locale:
    # Day before month: what most people who read our English expect.
    return Locale.parse("en-GB" if locale == "en" else locale, sep="-")


def _comma(language: Locale) -> str:
    # Between the parts of a place, where no language says "and".
    return "، " if language.language == "ar" else ", "


class _Speller:
    def __init__(self, language: Locale, _: Gettext) -> None:
        self.language = language
        self._ = _

    def spell(self, claim: str, value: Any) -> str:
        if isinstance(value, bool):
            return self._("Yes") if value else self._("No")
        if value == []:
            return self._("None")
        if isinstance(value, list):
            return "\n".join(self.spell(claim, each) for each in value)
        if isinstance(value, Mapping):
            return self._group(claim, value)
        for names, spell in self._ways():
            if claim in names:
                return spell(value)
        return str(value)

    def _ways(self) -> tuple[tuple[frozenset[str], Callable[[Any], str]], ...]:
        return (
            (_COUNTRIES, self._country),
            (_DATES, self._date),
            (_MOMENTS, self._moment),
            (_LANGUAGES, self._language),
            (_ENUMS, self._word),
            (frozenset({"sex"}), lambda code: self._(SEXES.get(code, str(code)))),
        )

    def _country(self, code: Any) -> str:
        return country_names.name(str(code), self.language, self._)

    def _language(self, tag: Any) -> str:
        return str(self.language.languages.get(str(tag).split("-")[0].lower(), tag))

    def _word(self, value: Any) -> str:
        kind, colon, tag = str(value).partition(":")
        if colon and kind == "interpreter":
            return f"{self._('interpreter')}: {self._language(tag)}"
        return self._(WORDS[value]) if value in WORDS else str(value)

    def _date(self, value: Any) -> str:
        # OpenID allows a year alone, and 0000-MM-DD where the year is not known.
        if str(value).startswith("0000-"):
            leap = dt.date.fromisoformat(f"2000{str(value)[4:]}")
            return str(format_date(leap, "d MMMM", locale=self.language))
        try:
            return str(format_date(dt.date.fromisoformat(str(value)), "long", locale=self.language))
        except ValueError:
            return str(value)

    def _moment(self, value: Any) -> str:
        moment = dt.datetime.fromtimestamp(int(value), dt.UTC)
        return str(format_date(moment, "long", locale=self.language))

    def _group(self, claim: str, value: Mapping[str, Any]) -> str:
        if claim in {"address", "mailing_address", "previous_addresses"}:
            return self._address(value)
        if claim == "place_of_birth":
            country = value.get("country")
            named = self._country(country) if country else ""
            parts = [value.get("locality"), value.get("region"), named]
            return _comma(self.language).join(str(part) for part in parts if part)
        if claim == "children":
            names = " ".join(value[part] for part in ("given_name", "family_name") if part in value)
            return _comma(self.language).join((names, self._date(value["birthdate"])))
        parts = [self._member(name, part) for name, part in value.items()]
        return " ".join(part for part in parts if part)

    def _address(self, value: Mapping[str, Any]) -> str:
        if value.get("status") == "no_fixed_abode":
            return self._("No fixed address")
        country = value.get("country_code") or value.get("country")
        order = (
            ("locality", "postal_code") if country in _TOWN_FIRST else ("postal_code", "locality")
        )
        town = " ".join(str(value[key]) for key in order if value.get(key))
        street = str(value.get("street_address") or value.get("formatted") or "")
        number = str(value.get("house_number") or "")
        unit = str(value.get("unit") or "")
        lines = [unit, f"{street} {number}".strip(), town, str(value.get("region") or "")]
        lines.append(self._country(country) if country else "")
        lived = (value.get("valid_from"), value.get("valid_until"))
        lines.append(" \u2013 ".join(self._date(each) for each in lived if each))
        return "\n".join(line for line in lines if line)

    def _member(self, name: str, part: Any) -> str:
        if isinstance(part, (list, Mapping)) or name in {"subject_ref", "mandate_ref"}:
            return ""
        if name.startswith(("date_of", "valid_")):
            return self._date(part)
        return self._country(part) if name == "issuing_country" else self._word(part)
