"""Its pages: who is signed in, the way out, and the library's own three."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from govuk_onelogin_django.utils import get_one_login_logout_url


def home(request: HttpRequest) -> JsonResponse:
    """Say who is signed in."""
    user = request.user
    return JsonResponse({"email": user.email if user.is_authenticated else None})


def failed(request: HttpRequest) -> JsonResponse:
    """Say that the sign-in failed."""
    return JsonResponse({"failed": True})


def leave(request: HttpRequest) -> HttpResponseRedirect:
    """Sign out here and at the gateway."""
    goodbye = get_one_login_logout_url(request, request.build_absolute_uri("/bye"))
    logout(request)
    return HttpResponseRedirect(goodbye)


urlpatterns = [
    path("", home),
    path("bye", home),
    path("failed", failed),
    path("leave", leave),
    path("one-login/", include("govuk_onelogin_django.urls")),
]
