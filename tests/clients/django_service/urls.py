"""Its pages: who is signed in, and the library's own three."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def home(request: HttpRequest) -> JsonResponse:
    """Say who is signed in."""
    user = request.user
    return JsonResponse({"email": user.email if user.is_authenticated else None})


def sign_out_there(request: HttpRequest) -> str:
    """Return where the library sends people to sign out of the gateway as well."""
    told = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri("/bye"),
    }
    return f"{settings.ISSUER}/logout?{urlencode(told)}"


def failed(request: HttpRequest) -> JsonResponse:
    """Say that the sign-in failed."""
    return JsonResponse({"failed": True})


urlpatterns = [
    path("", home),
    path("failed", failed),
    path("oidc/", include("mozilla_django_oidc.urls")),
]
