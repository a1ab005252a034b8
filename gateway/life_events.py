"""Life events in words: what each is called, what stands behind it, what people search for.

The third is a list of words with commas between, never shown; each language has its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gateway.web.locale import N_


class Words(NamedTuple):
    """How pages speak of one."""

    name: str
    lead: str
    sought: str


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "having-a-child": Words(
            N_("Having a child"),
            N_("Before and after the birth, or when you adopt."),
            N_(
                "baby, birth, pregnant, pregnancy, newborn, adoption, maternity, paternity, parents"
            ),
        ),
        "raising-a-child": Words(
            N_("Raising a child"),
            N_("Childcare, school and help for families."),
            N_("childcare, nursery, school, kindergarten, child benefit, family, kids"),
        ),
        "studying": Words(
            N_("Studying"),
            N_("Finding a place, paying for it, and taking your certificates along."),
            N_("university, college, student, course, grant, loan, degree, training, exam"),
        ),
        "starting-work": Words(
            N_("Starting work"),
            N_("Your first job or a new one."),
            N_("job, employment, employer, work permit, salary, wages, apprentice"),
        ),
        "losing-work": Words(
            N_("Losing work"),
            N_("Money and help until you have found something new."),
            N_("unemployed, unemployment, dismissed, redundancy, job seeker, benefit"),
        ),
        "moving-house": Words(
            N_("Moving house"),
            N_("Tell everybody once, and get what your new place needs."),
            N_("move, new address, home, flat, rent, parking, registration, waste, removal"),
        ),
        "arriving": Words(
            N_("Coming to live here"),
            N_("Your first steps in this country."),
            N_("immigration, visa, residence permit, refugee, asylum, citizenship, passport"),
        ),
        "marrying": Words(
            N_("Getting married or separating"),
            N_("Weddings, partnerships, new names, and the end of them."),
            N_("wedding, marriage, partnership, divorce, separation, change of name, spouse"),
        ),
        "being-ill": Words(
            N_("Being ill or disabled"),
            N_("Appointments, treatment, and help in daily life."),
            N_("doctor, health, hospital, clinic, appointment, sick, disability, medicine"),
        ),
        "caring": Words(
            N_("Caring for somebody"),
            N_("When somebody near to you needs help."),
            N_("carer, care, nursing, elderly, dependent, guardian, respite"),
        ),
        "getting-around": Words(
            N_("Getting around"),
            N_("Cars, licences, parking and public transport."),
            N_("car, vehicle, driving licence, parking, permit, bus, train, bicycle, transport"),
        ),
        "starting-a-business": Words(
            N_("Starting a business"),
            N_("Register it, get permits, and employ people."),
            N_("company, self-employed, trade, shop, licence, entrepreneur, register a business"),
        ),
        "paying-taxes": Words(
            N_("Paying taxes"),
            N_("What you paid, what you owe, and your yearly return."),
            N_("tax, taxes, tax return, refund, income, declaration, owe, pay"),
        ),
        "retiring": Words(
            N_("Retiring"),
            N_("Your pension, and what gets cheaper."),
            N_("pension, retirement, old age, senior, bus pass"),
        ),
        "someone-died": Words(
            N_("Somebody has died"),
            N_("What has to be told, to whom, and who helps you."),
            N_("death, funeral, bereavement, inheritance, will, widow, probate, estate"),
        ),
    }
)
