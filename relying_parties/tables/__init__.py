"""What we know of agencies and of what citizens let them have: schema ``relying_parties``.

Never the id of an account: a citizen is a pairwise ``subject``, and ``citizen`` is a
reference that only the gateway's key opens (AAD = client id).

A table stands in the module of its kin, and has its row here.
"""

from relying_parties.tables.agreements import approvals as approvals
from relying_parties.tables.agreements import consent_changes as consent_changes
from relying_parties.tables.agreements import consent_reminders as consent_reminders
from relying_parties.tables.agreements import consents as consents
from relying_parties.tables.agreements import releases as releases
from relying_parties.tables.agreements import standing_rules as standing_rules
from relying_parties.tables.agreements import standing_uses as standing_uses
from relying_parties.tables.directory import agencies as agencies
from relying_parties.tables.directory import client_secrets as client_secrets
from relying_parties.tables.directory import clients as clients
from relying_parties.tables.directory import initial_access_tokens as initial_access_tokens
from relying_parties.tables.directory import logos as logos
from relying_parties.tables.directory import members as members
from relying_parties.tables.directory import (
    registration_access_tokens as registration_access_tokens,
)
from relying_parties.tables.directory import registrations as registrations
from relying_parties.tables.directory import registry as registry
from relying_parties.tables.messages import change_notices as change_notices
from relying_parties.tables.messages import deliveries as deliveries
from relying_parties.tables.messages import logouts as logouts
from relying_parties.tables.messages import stream_exclusions as stream_exclusions
from relying_parties.tables.messages import streams as streams
from relying_parties.tables.reports import citizen_requests as citizen_requests
from relying_parties.tables.reports import corrections as corrections
from relying_parties.tables.reports import request_states as request_states
from relying_parties.tables.requests import asides as asides
from relying_parties.tables.requests import backchannel_refusals as backchannel_refusals
from relying_parties.tables.requests import backchannel_requests as backchannel_requests
from relying_parties.tables.requests import device_codes as device_codes
from relying_parties.tables.requests import inquiries as inquiries
from relying_parties.tables.requests import interactions as interactions
from relying_parties.tables.requests import pushed_requests as pushed_requests
from relying_parties.tables.schema import NOW as NOW
from relying_parties.tables.schema import metadata as metadata
from relying_parties.tables.tokens import access_tokens as access_tokens
from relying_parties.tables.tokens import codes as codes
from relying_parties.tables.tokens import refresh_tokens as refresh_tokens
