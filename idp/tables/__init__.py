"""What we know of citizens: schema ``idp``. Never the id of a client.

Columns named ``sealed`` or ending in ``_sealed`` are ciphertext of keys.sealing.

A table stands in the module of its kin, and has its row here.
"""

from idp.tables.details import attributes as attributes
from idp.tables.details import evidence as evidence
from idp.tables.details import proofings as proofings
from idp.tables.letters import notice_channels as notice_channels
from idp.tables.letters import notices as notices
from idp.tables.people import accounts as accounts
from idp.tables.people import erasures as erasures
from idp.tables.people import exports as exports
from idp.tables.people import identifiers as identifiers
from idp.tables.people import person_keys as person_keys
from idp.tables.schema import NOW as NOW
from idp.tables.schema import metadata as metadata
from idp.tables.ways_in import attempts as attempts
from idp.tables.ways_in import invitations as invitations
from idp.tables.ways_in import known_devices as known_devices
from idp.tables.ways_in import passkeys as passkeys
from idp.tables.ways_in import passwords as passwords
from idp.tables.ways_in import recoveries as recoveries
from idp.tables.ways_in import sessions as sessions
from idp.tables.ways_in import signups as signups
