"""The gateway as the OpenID Foundation's conformance suite wants to meet it.

    clients.json ──▶ services, with secrets and keys drawn here ──▶ <group>.json for the suite
                     one citizen who has everything ───────────────▶ its browser's entries

It runs under ``GATEHOUSE_CONFORMANCE`` with TLS of its own, on this machine only. What it
writes for the suite holds secrets of clients that exist for nothing else.
"""

from gateway.cli.conformance.command import conformance

__all__ = ["conformance"]
