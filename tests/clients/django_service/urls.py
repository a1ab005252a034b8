"""Its pages: who is signed in, and the library's own three."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def home(request: HttpRequest) -> JsonResponse:
    """Say who is signed in."""
    user = request.user
    return JsonResponse({"email": user.email if user.is_authenticated else None})


def failed(request: HttpRequest) -> JsonResponse:
    """Say that the sign-in failed."""
    return JsonResponse({"failed": True})


urlpatterns = [
    path("", home),
    path("failed", failed),
    path("oidc/", include("mozilla_django_oidc.urls")),
]
