"""What happened to an agreement, in words: of pages, and of files that are taken along."""

from gateway.web.locale import N_

KINDS = {
    "given": N_("You agreed to share"),
    "widened": N_("You agreed to share more"),
    "narrowed": N_("You stopped sharing a detail"),
    "withdrawn": N_("You stopped sharing"),
    "restored": N_("You took a change back"),
    "prolonged": N_("You kept it going for longer"),
    "expired": N_("Sharing ran out"),
    "replaced": N_("The service gave up details"),
    "revoked": N_("The service ended it"),
    "superseded": N_("A new agreement took its place"),
}
