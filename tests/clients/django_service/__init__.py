"""A Django project on PyPI's mozilla-django-oidc, which nobody here wrote."""
