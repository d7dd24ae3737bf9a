"""A provider for tests: Django OAuth Toolkit with one user and one client.

Arguments: folder for its database, port, redirect address, client secret.
Answers at http://127.0.0.1:PORT/o and ends with its standard input.
"""

import os
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

FOLDER, PORT, REDIRECT, SECRET = sys.argv[1:5]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)

LOGIN = """<!DOCTYPE html><html lang="ja"><title>provider</title><form method="post">
{% csrf_token %}{{ form.username }}{{ form.password }}<button id="provider-in">in</button></form>"""

# Its own frame around pages would load style sheets from elsewhere.
FRAME = "<!DOCTYPE html><html lang=ja><title>provider</title>{% block content %}{% endblock %}"
PAGES = {"login.html": LOGIN, "oauth2_provider/base.html": FRAME}

settings.configure(
    SECRET_KEY="for this test only",
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", PAGES),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(FOLDER, "provider.db"),
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGIN_URL="/login/",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": KEY.decode(),
        "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{PORT}/o",
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "who you are", "profile": "your name"},
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    },
)
django.setup()

from django.contrib.auth import get_user_model, views  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

urlpatterns = [
    path("login/", views.LoginView.as_view(template_name="login.html")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


class Several(ThreadingMixIn, WSGIServer):
    """Browsers open connections ahead of what they ask."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def prepare():
    call_command("migrate", verbosity=0)
    users = get_user_model()
    for name in ("taro", "hanako"):
        users.objects.create_user(name, f"{name}@shi.example", "himitsu no kotoba")
    get_application_model().objects.create(
        name="sekisho",
        client_id="sekisho",
        client_secret=SECRET,
        client_type="confidential",
        authorization_grant_type="authorization-code",
        redirect_uris=REDIRECT,
        algorithm="RS256",
        skip_authorization=False,
    )


def watch():
    sys.stdin.read()
    os._exit(0)


prepare()
threading.Thread(target=watch, daemon=True).start()
server = make_server("127.0.0.1", int(PORT), get_wsgi_application(), Several, Quiet)
print("ready", flush=True)
server.serve_forever()
