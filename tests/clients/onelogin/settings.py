"""The least that a Django project needs to sign citizens in as with GOV.UK One Login."""

import os

ISSUER = os.environ["ISSUER"]

SECRET_KEY = "only this test uses it"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "onelogin.urls"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]},
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "govuk_onelogin_django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
AUTHENTICATION_BACKENDS = ["govuk_onelogin_django.backends.OneLoginBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGIN_URL = "/failed"
LOGIN_REDIRECT_URL = "/"

GOV_UK_ONE_LOGIN_CLIENT_ID = os.environ["CLIENT_ID"]
GOV_UK_ONE_LOGIN_CLIENT_SECRET = os.environ["CLIENT_SECRET"]  # a key, PEM in base64
GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL = f"{ISSUER}/.well-known/openid-configuration"
GOV_UK_ONE_LOGIN_SCOPE = "openid email"
GOV_UK_ONE_LOGIN_AUTHENTICATION_LEVEL = "Cl"
GOV_UK_ONE_LOGIN_CONFIDENCE_LEVEL = "P0"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"log": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["log"]},
}
