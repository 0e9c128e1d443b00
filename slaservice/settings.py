"""The one settings file. The environment is read here alone, and what is missing is named at the start.

Two ways to run. *Local* (no DATABASE_URL, or DEBUG): SQLite and three kept random secrets under `var/`, no
server, no configuration. *Production* (everything else): no secret and no address has a default. LOCAL says
it outright; the Docker image has LOCAL=false.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slaservice import look
from slaservice.certificates import certificates
from slaservice.environment import Environment, kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

DEBUG = env.bool("DEBUG", default=False)
DATABASE_URL = env.text("DATABASE_URL")
LOCAL = env.bool("LOCAL", default=DEBUG or not DATABASE_URL)
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
if LOCAL:
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _setting(name: str, *, local: str) -> str:
    """`name` from the environment; without it `local`, or on no local installation a refusal to start."""
    return env.text(name, local) if LOCAL else env.required(name)


def _secret(name: str) -> str:
    if LOCAL and not env.text(name):
        return kept_secret(VAR_DIR / name.lower())
    return env.required(name)


# Secrets. The pepper is not the SECRET_KEY: rotating one must not end every API key.
SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
API_KEY_PEPPER = _secret("API_KEY_PEPPER")
# Peppers of before, one a line: a key that is known under one of them is hashed anew when it is used.
API_KEY_PEPPER_FALLBACKS = [
    line.strip() for line in env.text("API_KEY_PEPPER_FALLBACKS").splitlines() if line.strip()
]
# What the secrets of customers' webhooks are worked out from: another one ends them all (reports/webhooks/signing.py).
WEBHOOK_SECRET = _secret("WEBHOOK_SECRET")

# Who issues the statements. The zone is for what people of the vendor read; each contract has its own.
VENDOR_NAME = _setting("VENDOR_NAME", local="Example Platform, Inc.")
VENDOR_ADDRESS = _setting("VENDOR_ADDRESS", local="1 Example Street\nSan Francisco, CA 94105\nUnited States")
VENDOR_CONTACT = _setting("VENDOR_CONTACT", local="sla@platform.example")
VENDOR_TIME_ZONE = env.text("VENDOR_TIME_ZONE", "UTC")
# Languages that statements speak. The site itself is English: only what activates another has it (reports/pdf/language.py).
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
LANGUAGE_CODE = "en-us"
USE_I18N = True
# How statements look: a new customer's language, a logo (a PNG or JPEG; here the bytes that are printed), a colour for accents,
# a line or two at the foot of each page. A statement keeps those of its day.
VENDOR_LANGUAGE = env.checked("VENDOR_LANGUAGE", look.one_of([code for code, _ in LANGUAGES]), "en")
VENDOR_LOGO = env.checked("VENDOR_LOGO", look.logo, b"")
VENDOR_COLOUR = env.checked("VENDOR_COLOUR", look.colour, "")
VENDOR_FOOTER = env.checked("VENDOR_FOOTER", look.footer, "")
# The numbers that the ERP knows the accounts of the journal by, as "accrued=2310,payable=2320"; see slaservice/rules/postings.py.
LEDGER_ACCOUNTS = env.dict("LEDGER_ACCOUNTS", default={})
# Signed PDFs (reports/signing.py): a private key, the certificates by which signatures are known, the key's own and those of
# keys before it, what joins its certificate to an authority, and who stamps the time. All PEM but the last, all optional.
SIGNING_KEY, SIGNING_PASSPHRASE = env.text("SIGNING_KEY"), env.text("SIGNING_PASSPHRASE")
SIGNING_CERTIFICATES = env.checked("SIGNING_CERTIFICATES", certificates, ())
SIGNING_CHAIN = env.checked("SIGNING_CHAIN", certificates, ())
TIMESTAMP_URL = env.text("TIMESTAMP_URL")
if SIGNING_KEY:
    env.required("SIGNING_CERTIFICATES")
DOCUMENTS_DIR = Path(env.text("DOCUMENTS_DIR", str(VAR_DIR / "documents")))
ANCHORS_DIR = Path(env.text("ANCHORS_DIR", str(VAR_DIR / "anchors")))

# Where the site answers. Links in mails come from SITE_URL's host only because no other host is answered.
SITE_URL = _setting("SITE_URL", local="http://127.0.0.1:8000").rstrip("/")
_HTTPS = SITE_URL.startswith("https://")
_LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if LOCAL else []
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "", *_LOCAL_HOSTS])
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []

INSTALLED_APPS = [
    "slaservice",  # first: its log-in pages stand before the admin's
    "slaservice.history",
    "slaservice.outages",
    "accounts",
    "reports",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "slaservice.headers.RequestIdMiddleware",
    "slaservice.headers.HeadersMiddleware",
    "slaservice.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "slaservice.nul.NulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "slaservice.urls"
WSGI_APPLICATION = "slaservice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database. What waits or runs this long is a fault: better refused by name than a site that hangs.
_POSTGRESQL = {
    "CONN_MAX_AGE": 300,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "connect_timeout": 5,
        "options": "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
    },
}
# BEGIN IMMEDIATE and a busy timeout: with DEFERRED most of what 8 writers try ends in "database is locked".
# recursive_triggers: without it INSERT OR REPLACE walks past the triggers that forbid a DELETE.
_SQLITE = {
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON",
    },
}


def _database(url: str) -> dict[str, Any]:
    config: dict[str, Any] = dict(env.db_url_config(url))
    extra: dict[str, Any] = _SQLITE if config["ENGINE"].endswith("sqlite3") else _POSTGRESQL
    return {**config, **extra, "OPTIONS": {**extra["OPTIONS"], **config.get("OPTIONS", {})}}


_database_url = _setting("DATABASE_URL", local=f"sqlite:///{VAR_DIR / 'slaservice.sqlite3'}")
DATABASES = {"default": _database(_database_url)} if _database_url else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without REDIS_URL there is no broker: commands call the tasks' own code in the process.
REDIS_URL = env.text("REDIS_URL")

# Outside. Only these hosts may have addresses of an inner network when a page is read, only these servers ("host:port") when an
# event is sent to a customer, and these are the secrets by which senders of webhooks sign: "name of the hook=secret,...".
FETCH_PRIVATE_HOSTS = [host.lower() for host in env.list("FETCH_PRIVATE_HOSTS", default=[])]
WEBHOOK_PRIVATE_HOSTS = [server.lower() for server in env.list("WEBHOOK_PRIVATE_HOSTS", default=[])]
HOOK_SECRETS = env.dict("HOOK_SECRETS", default={})

# Files of forms: capped first, then small ones in memory and large ones on the disk, as is Django's way.
FILE_UPLOAD_HANDLERS = [
    "slaservice.uploads.CappedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# People: one place to log in, eight hours, and roles are groups.
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 4
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_AGE = 60 * 60 * 8
SESSION_COOKIE_NAME = "__Host-session" if _HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True

# Headers (the content security policy: slaservice/headers.py).
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only where a proxy of ours sets X-Forwarded-Proto, strips the caller's own, and adds the caller's address to X-Forwarded-For.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Mail: password resets. consolemail:// prints them.
vars().update(env.email_url_config(_setting("EMAIL_URL", local="consolemail://") or "consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _setting("MAIL_FROM", local="slaservice@localhost")

TIME_ZONE = "UTC"
USE_TZ = True

DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_500  # a contract of fifty commitments has some 6,500

STATIC_URL = "/static/"
# Locally the files are served from where they stand; in production from what collectstatic gathered.
STATIC_ROOT = None if LOCAL else Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
WHITENOISE_USE_FINDERS = LOCAL
_STATIC_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if LOCAL
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}

# Calls a minute: of one customer's or person's keys together, or of one address without a key; and how many keys that are not
# valid an address may send. 0 calls: no limits.
API_RATE_LIMIT = env.int("API_RATE_LIMIT", default=600)
API_FAILED_KEYS_LIMIT = env.int("API_FAILED_KEYS_LIMIT", default=60)

# The API's base views bring classes of their own (accounts/api, slaservice/api). A view without lets nobody in.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "slaservice.api.exception_handler",
    "SCHEMA_COERCE_PATH_PK": False,
}

# The published schema; what it says of each address stands beside its handler (slaservice/api/described.py).
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Service levels",
    "VERSION": "1",
    "SERVERS": [{"url": SITE_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["slaservice.api.published.completed"],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"format": "%(levelname)s %(name)s: %(message)s"},
        "json": {"()": "slaservice.logs.JsonFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines" if LOCAL else "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING" if LOCAL else "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.security.DisallowedHost": {
            "level": "CRITICAL"
        },  # refused; the internet asks for every host there is
        # At INFO it names every address that is asked, with what is secret in it.
        "httpx2": {"level": "WARNING"},
    },
}

env.refuse_if_incomplete()
