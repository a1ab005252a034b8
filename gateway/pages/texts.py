"""The portal's short texts: a heading and a sentence or two each, whole for translators."""

from gateway.web.locale import N_

TEXTS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "how-it-works": (
        N_("How sharing works"),
        (
            (
                N_("What can a service see about me?"),
                N_(
                    "Only the details that you agreed to share with it, as they are when it reads them."
                ),
            ),
            (
                N_("Can offices put together what they know?"),
                N_(
                    "Not through us. Each agency knows you by another number, so two of them cannot match you."
                ),
            ),
            (
                N_("Can I change my mind?"),
                N_(
                    "Yes, at any time, for one detail or for all of them. From that moment the service gets less."
                ),
            ),
            (
                N_("Who sees that I stopped?"),
                N_("Only that service, because it gets less. Nobody else."),
            ),
            (
                N_("What if the law lets an office ask?"),
                N_(
                    "Then we say so, name the law, and give you no switch that would change nothing."
                ),
            ),
        ),
    ),
    "privacy": (
        N_("Privacy"),
        (
            (
                N_("What we keep"),
                N_(
                    "Your email address, your ways to sign in, the details that you or a register gave us, and what you decided to share. Details are encrypted with a key of your own."
                ),
            ),
            (
                N_("What we do not keep"),
                N_(
                    "No table of ours says which services you use. We work it out only while you look at it."
                ),
            ),
            (
                N_("Cookies"),
                N_(
                    "Only what signing in needs: your session, this browser, and your language. We do not track you."
                ),
            ),
            (
                N_("Your rights"),
                N_(
                    "See everything under Your details and Who has your details. Take it with you, or delete your account, under Download or delete. To correct something that a register says, ask the register."
                ),
            ),
        ),
    ),
    "accessibility": (
        N_("Accessibility"),
        (
            (
                N_("What we promise"),
                N_(
                    "Every page works with a keyboard, with a screen reader, at 400 percent, without a mouse, and on a narrow screen. Everything but passkeys works without JavaScript."
                ),
            ),
            (
                N_("How we check"),
                N_(
                    "Each page is tested against WCAG 2.2 AA in light and dark, in several languages, before every release."
                ),
            ),
            (
                N_("Something does not work for you?"),
                N_(
                    "Tell the office whose service you were using, or us: the help page says how. Say which page it was."
                ),
            ),
        ),
    ),
    "help": (
        N_("Help"),
        (
            (
                N_("I cannot sign in"),
                N_(
                    'Choose "I cannot sign in" on the sign-in page. It asks what happened and leads you back in.'
                ),
            ),
            (
                N_("The code does not come"),
                N_(
                    "Look into your spam folder. A code works for ten minutes. You can ask for a new one on the same page."
                ),
            ),
            (
                N_("What is a passkey?"),
                N_(
                    "A key that your device keeps. You use it with your face, your fingerprint or your PIN. It only works on our address, so nobody can trick you out of it."
                ),
            ),
            (
                N_("A service asks for too much"),
                N_(
                    "Leave the switches off that you do not need, or choose not to share. Each service says how else you can reach it."
                ),
            ),
            (
                N_("A detail is wrong"),
                N_(
                    "Details from a register can only be corrected there. It then reaches us by itself the next time you prove who you are."
                ),
            ),
        ),
    ),
}
