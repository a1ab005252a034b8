"""A Django project on PyPI's govuk-onelogin-django, which nobody here wrote."""
