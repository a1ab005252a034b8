"""Sending a notice by SMTP, and nothing else.

A template is `templates/mail/<name>.txt`: its first line is the subject, the rest
the body, both in the language of the person. No link in a mail signs anyone in.
"""

import email.message
import email.policy
import email.utils
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiosmtplib

TIMEOUT = 10.0  # seconds, for the whole conversation


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, rendered."""

    to: str
    subject: str
    body: str
    locale: str


def compose(letter: Letter, sender: str) -> email.message.EmailMessage:
    """Build the message; a line break in an address or a subject is refused by the policy."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = email.utils.localtime()
    message["Message-ID"] = email.utils.make_msgid(domain=sender.rpartition("@")[2].strip(">"))
    message["Content-Language"] = letter.locale
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(letter.body)
    return message


async def send(url: str, message: email.message.EmailMessage) -> None:
    """Hand ``message`` to the server at ``url``.

    :param url: ``smtp://host:port`` without encryption (loopback and trials),
        ``smtp+starttls://user:password@host:587`` or ``smtps://…:465``
    :raises aiosmtplib.SMTPException, OSError: not accepted; try later
    """
    parts = urlsplit(url)
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port,
        username=parts.username,
        password=parts.password,
        use_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp+starttls",
        timeout=TIMEOUT,
    )
