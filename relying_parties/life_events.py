"""Life events: when people need a service. Fixed rows, so that every agency means the same.

What they are called, and which words people look for them with, the pages know.
"""

LIFE_EVENTS = (
    "having-a-child",
    "raising-a-child",
    "studying",
    "starting-work",
    "losing-work",
    "moving-house",
    "arriving",  # to live in this country
    "marrying",
    "being-ill",
    "caring",  # for somebody
    "getting-around",
    "starting-a-business",
    "paying-taxes",
    "retiring",
    "someone-died",
)
