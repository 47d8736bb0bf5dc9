"""Every setting, read from the environment or from VAR_DIR/env; secure unless told otherwise."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS

from departments.permissions import Role
from qualityplan.running.broker import socket_url

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def networks(name: str, default: list[str]) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, separated by commas."""
    try:
        return [ip_network(network.strip()) for network in env.list(name, default=default)]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} lists addresses and networks, such as 10.1.2.3,10.2.0.0/16: {error}. / "
            f"{name} 应为以逗号分隔的地址和网段，例如 10.1.2.3,10.2.0.0/16。"
        ) from None


# Where everything that is written lies: database, static files, cache, sockets, the file `env`.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
env.read_env(VAR_DIR / "env", overwrite=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        f"SECRET_KEY is not set. Give it in the environment or in {VAR_DIR / 'env'}; `make run` writes one there. / "
        f"未设置 SECRET_KEY。请在环境变量或 {VAR_DIR / 'env'} 中设置；make run 会自动生成。"
    )

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
"""Earlier keys, after a change: sessions signed and second factors encrypted with them still hold."""

# An empty one, as a file of settings that is not filled in yet holds it, would be a key that everybody knows.
AUDIT_KEY = env.str("AUDIT_KEY", default="") or SECRET_KEY
"""Seals audit events and decisions. It stays the same for as long as these are kept, whatever becomes of SECRET_KEY."""
DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
BIND = env.str("BIND", default="127.0.0.1")
DEMO = env.bool("DEMO", default=False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="")
API_RATE = env.str("API_RATE", default="300/m")
API_ROWS = env.int("API_ROWS", default=1000)
"""The most figures that another system may send in one request."""
WEB_PROCESSES = env.int("WEB_PROCESSES", default=0)
"""Processes of the web server; 0 means as many as fit the machine (`qualityplan/gunicorn.py`)."""

# --- Addresses and encryption -----------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Browsers' lists of names that are only ever asked over HTTPS are for names that the internet knows.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
# Only behind a proxy that overwrites X-Forwarded-Proto: a client could forge the header otherwise.
TRUST_PROXY = env.bool("TRUST_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None

SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Apps and pages ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "qualityplan",
    "reports",
    "imports",
    "tasks",
    "targets",
    "reviews",
    "plans",
    # Before departments, whose administration takes back what these register.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "departments",
    "pages",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_guid",
    "django_htmx",
    "import_export",
    "ninja",
    "simple_history",
]

MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "qualityplan.answering.middleware.patience_middleware",
    "qualityplan.answering.middleware.request_log_middleware",
    "qualityplan.answering.forwarding.forwarding_middleware",
    # Around everything that answers: static files and early refusals have the same headers as pages.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "qualityplan.answering.answers.headers_middleware",
    # Before anything that looks at the name by which the service is asked, or leads to https.
    "qualityplan.health.probes_middleware",
    "qualityplan.answering.answers.api_refusals_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "qualityplan.answering.unreadable.UnreadableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "qualityplan.answering.middleware.sitting_middleware",
    "qualityplan.answering.middleware.language_middleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "qualityplan.answering.middleware.duties_middleware",
    "qualityplan.answering.middleware.plan_middleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "qualityplan.urls"
WSGI_APPLICATION = "qualityplan.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["pages.loaders.IndentationLoader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qualityplan.answering.context_processors.surroundings",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "departments.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["departments.login.backends.Backend"]
# In the database alone: a cache that was away while somebody logged out would let the session in again.
SESSION_ENGINE = "departments.login.sessions"
SESSION_COOKIE_AGE = 12 * 3600
"""Seconds after which one must log in again whatever happens."""
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
"""Minutes without any request of the person after which a log-in ends."""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "departments.credentials.passwords.KindsValidator"},
    {"NAME": "departments.credentials.passwords.NotLatelyValidator"},
]

LOGIN_FAILURES = env.int("LOGIN_FAILURES", default=5)
"""Failures of one log-in name from one network address after which one has to wait: a minute, and twice as long after
each further one."""
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=60)
"""The longest wait."""
LOGIN_FAILURES_PER_NAME = env.int("LOGIN_FAILURES_PER_NAME", default=20)
"""Failures of one name from all addresses, then one an hour; not asked where the person has come in before."""
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", default=50)
"""The same for all names tried from one address, then so many an hour; a whole building may share one."""
ACCOUNT_ADAPTER = "departments.login.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "departments.people.forms.LoginForm",
    "change_password": "departments.people.forms.ChangePasswordForm",
    "reauthenticate": "departments.people.forms.ReauthenticateForm",
}
# Failures are counted by departments.credentials.lockout instead.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": ""}
ACCOUNT_EMAIL_VERIFICATION = "none"
# The cookie ends with the browser: offices share computers.
ACCOUNT_SESSION_REMEMBER = False
# The last address in X-Forwarded-For is the one that the proxy has seen itself; those before it can be forged.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXIES", default=1) if TRUST_PROXY else 0

# One log-in for all of the city's services: OpenID Connect, and a directory (docs/login.md).
# `departments.credentials.ways` says what follows from these, `departments.login.checks` what is missing.
SOCIALACCOUNT_ADAPTER = "departments.login.openid.ServiceAdapter"
OIDC_SERVER = env.str("OIDC_SERVER", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="")
OIDC_STAFF_NUMBER = env.str("OIDC_STAFF_NUMBER", default="preferred_username")
"""What the service calls the staff number."""
OIDC_CA_FILE = env.str("OIDC_CA_FILE", default="")
OIDC_MFA_TRUSTED = env.bool("OIDC_MFA_TRUSTED", default=False)
"""Whether a log-in at the service counts as a second factor."""
LDAP_URL = env.str("LDAP_URL", default="")
LDAP_START_TLS = env.bool("LDAP_START_TLS", default=False)
LDAP_CA_FILE = env.str("LDAP_CA_FILE", default="")
LDAP_BIND_DN = env.str("LDAP_BIND_DN", default="")
LDAP_BIND_PASSWORD = env.str("LDAP_BIND_PASSWORD", default="")
LDAP_SEARCH = env.str("LDAP_SEARCH", default="")
"""Below which entry people are looked for."""
LDAP_FILTER = env.str("LDAP_FILTER", default="(objectClass=*)")
"""Which of the entries may log in."""
LDAP_STAFF_NUMBER = env.str("LDAP_STAFF_NUMBER", default="uid")
"""The attribute that holds the staff number, by which people log in."""
LOCAL_LOGIN = env.bool("LOCAL_LOGIN", default=True)
"""Whether own passwords open anything but the door for emergencies, where there is another way in."""

MFA_ADAPTER = "departments.login.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "departments.people.forms.CodeForm",
    "activate_totp": "departments.people.forms.ActivateForm",
}
MFA_TOTP_TOLERANCE = 1
MFA_REQUIRED_ROLES = env.list("MFA_REQUIRED_ROLES", default=[])
"""Roles whose holders must have a second factor (administrator, coordinator, …)."""
if unknown := set(MFA_REQUIRED_ROLES) - set(Role):
    raise ImproperlyConfigured(
        f"MFA_REQUIRED_ROLES: there is no role {', '.join(sorted(unknown))}. / MFA_REQUIRED_ROLES 中有不存在的角色。"
    )

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
# Each language names itself: whoever looks for the switch may not read the other one.
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "qualityplan" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- Database ---------------------------------------------------------------------------------------------------------

EMBEDDED_DATABASE = f"sqlite:///{VAR_DIR / 'qualityplan.sqlite3'}"
SQLITE_OPTIONS = {
    "timeout": 20,
    # A transaction takes the write lock at its start: one that reads and then writes would fail instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
}

# A PostgreSQL whose machine is gone or which hangs is noticed, and the request is told so, before its time is over.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def database(address: str) -> dict[str, Any]:  # of whatever kinds Django's settings are
    """Django's description of the database at `address`, with what every database of ours needs."""
    settings: dict[str, Any] = dict(environ.Env.db_url_config(address))
    settings |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        settings["OPTIONS"] = SQLITE_OPTIONS
        # The tests' database is a file too: a worker process could not share one in memory.
        settings["TEST"] = {"NAME": str(VAR_DIR / "tests.sqlite3")}
    else:
        settings["OPTIONS"] = POSTGRESQL_OPTIONS | settings.get("OPTIONS", {})
    return settings


DATABASE_URL = env.str("DATABASE_URL", default=EMBEDDED_DATABASE)
if DATABASE_URL == EMBEDDED_DATABASE:
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
# Commands of manage.py work as the owner of the tables where one is named; web server, worker and beat never do.
AS_OWNER = env.bool("AS_OWNER", default=False)
MIGRATION_DATABASE_URL = env.str("MIGRATION_DATABASE_URL", default="")
SERVICE_ROLE: str = database(DATABASE_URL).get("USER", "")
DATABASES = {"default": database((AS_OWNER and MIGRATION_DATABASE_URL) or DATABASE_URL)}
# A streaming replica, from which pages are made that many read.
REPLICA_URL = env.str("REPLICA_URL", default="")
if REPLICA_URL:
    DATABASES["replica"] = database(REPLICA_URL) | {"TEST": {"MIRROR": "default"}}
    DATABASES["replica"]["OPTIONS"] |= {"connect_timeout": 2}
    DATABASE_ROUTERS = ["plans.page_cache.replica.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Jobs -------------------------------------------------------------------------------------------------------------

EMBEDDED_BROKER = not env.str("CELERY_BROKER_URL", default="")
CELERY_BROKER_URL = socket_url(VAR_DIR) if EMBEDDED_BROKER else env.str("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A Redis that is full, busy or just becoming another one's replica refuses a command: the worker connects anew, as
# after a lost connection, and does not end.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
# A message only wakes a worker and the sweep finds what a lost one left: no request waits for an absent broker.
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Two processes are enough: a job works on sets of rows, and the database does the work.
CELERY_WORKER_CONCURRENCY = 2
CELERY_WORKER_SEND_TASK_EVENTS = False
# In kilobytes: a process that has grown by a large file is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600 * 1024
CELERY_DB_REUSE_MAX = 1000
CELERY_TIMEZONE = TIME_ZONE
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=30.0)
CELERY_BEAT_SCHEDULER = "qualityplan.running.timer:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "recompute what a lost message left": {
        "task": "targets.judging.recompute",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "delete files that no attachment has": {
        "task": "targets.sweep_attachments",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3600},
    },
    # The first run of the day does it; the others find it done, unless the first was missed.
    "remind people": {"task": "departments.remind", "schedule": crontab(minute="30", hour="8-18")},
    # Before the reminders of the hour, so that the day's digest knows of it.
    "propose and escalate": {"task": "tasks.supervise", "schedule": crontab(minute="10", hour="7-18")},
    "send what a failure or a lost message left": {
        "task": "departments.mail",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "delete what is left of ended sessions": {
        "task": "departments.forget_sessions",
        "schedule": crontab(hour=3, minute=50),
        "options": {"expires": 3600},
    },
    "link what was sealed": {
        "task": "qualityplan.link_chain",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "look through the audit chain": {
        "task": "qualityplan.look_through_chain",
        "schedule": crontab(hour=2, minute=40),
        "options": {"expires": 3600},
    },
    # After the chain, and before people come to work.
    "compare the stored lights with the figures": {
        "task": "qualityplan.audit_attainment",
        "schedule": crontab(hour=4, minute=10),
        "options": {"expires": 3600},
    },
    # At the beginning of the week's work.
    "tell the head of the audit chain": {
        "task": "qualityplan.tell_head_of_chain",
        "schedule": crontab(hour=8, minute=20, day_of_week=1),
        "options": {"expires": 3600},
    },
    "add up what was changed": {
        "task": "plans.fold_changes",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 300},
    },
    "forget answers to repeated requests": {
        "task": "departments.forget_answers",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 3600},
    },
    "take up imports that a lost message left": {
        "task": "imports.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "remove old uploads": {"task": "imports.tidy", "schedule": 24 * 3600.0, "options": {"expires": 3600}},
}

# --- E-mail -----------------------------------------------------------------------------------------------------------

# smtp+tls://user:password@host:587; what cannot be sent is printed as long as no server is named.
EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_FILE_PATH = EMAIL["EMAIL_FILE_PATH"] or None
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="quality-plan@localhost")
SITE_URL = env.str("SITE_URL", default=(CSRF_TRUSTED_ORIGINS or [f"http://127.0.0.1:{PORT}"])[0]).rstrip("/")
"""Where people reach the service: the beginning of every link in a mail."""

# --- Cache ------------------------------------------------------------------------------------------------------------

# What must hold whatever is away: codes that were used and forms that were sent (allauth), requests where "shared" is.
PROTECTING = {"BACKEND": "qualityplan.cache.Counters", "OPTIONS": {"MAX_ENTRIES": 1000}}
# Clearing the cache empties its Redis database: give it one of its own with CACHE_URL where anything does that.
CACHE_URL = env.str("CACHE_URL", default=CELERY_BROKER_URL)
if CACHE_URL.startswith(("redis://", "rediss://")):
    SHARED = {"BACKEND": "qualityplan.cache.RedisCache", "LOCATION": CACHE_URL, "KEY_PREFIX": "qualityplan"}
else:
    SHARED = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(VAR_DIR / "cache"),
        # Counting up writes with this time.
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
# The pages that a process was last asked for: a hundred kilobytes each, of which the nearest copy is the quickest.
NEAREST = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "pages",
    "OPTIONS": {"MAX_ENTRIES": 64},
}
CACHES: dict[str, dict[str, Any]] = {"default": PROTECTING, "shared": SHARED, "pages": NEAREST}

# --- Files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "qualityplan.building.vendor.VendorFinder",
]
NODE_MODULES = BASE_DIR / "node_modules"
# Name in a page → path under node_modules. The maps are named by the files and would be missed.
VENDOR_FILES = {
    "vendor/bootstrap/css/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "vendor/bootstrap/css/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
    "vendor/bootstrap/js/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "vendor/bootstrap/js/bootstrap.bundle.min.js.map": "bootstrap/dist/js/bootstrap.bundle.min.js.map",
    "vendor/bootstrap-icons/bootstrap-icons.min.css": "bootstrap-icons/font/bootstrap-icons.min.css",
    "vendor/bootstrap-icons/fonts/bootstrap-icons.woff": "bootstrap-icons/font/fonts/bootstrap-icons.woff",
    "vendor/bootstrap-icons/fonts/bootstrap-icons.woff2": "bootstrap-icons/font/fonts/bootstrap-icons.woff2",
    "vendor/echarts/echarts.common.min.js": "echarts/dist/echarts.common.min.js",
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_MB", default=50) * 1024 * 1024
"""The largest file a page takes."""
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_MB", default=20) * 1024 * 1024
"""The largest file that may be attached to an entry."""
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Without a script a worksheet sends one field for files a row, be it empty.
DATA_UPLOAD_MAX_NUMBER_FILES = 1000
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=1_000_000)
"""How many rows a file of figures may have."""
IMPORT_MEMORY_MB = env.int("IMPORT_MEMORY_MB", default=2048)
"""How much memory the work on one file may take in a worker."""
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=180)
"""How long uploaded files are kept; what was written from them stays."""
BACKUP_RECIPIENT = env.str("BACKUP_RECIPIENT", default="")
"""The public key (age1…) for which backups are encrypted; without one they are not."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- Monitoring -------------------------------------------------------------------------------------------------------

METRICS_ALLOW = networks("METRICS_ALLOW", ["127.0.0.0/8", "::1/128"])
"""The addresses and networks from which /metrics may be read."""
SLOW_QUERY_MS = env.float("SLOW_QUERY_MS", default=500.0)
"""Milliseconds from which a statement is told in the log; 0: none is."""

# --- Log --------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "VALIDATE_GUID": True,
    "INTEGRATIONS": [],
}
# One JSON object a line on the standard output. `request` would bring the address with everything typed into
# it, and `data` the arguments of a task.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "django_guid.log_filters.CorrelationId", "correlation_id_field": "request_id"}},
    "formatters": {
        "json": {
            "()": "qualityplan.answering.masking.Formatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "reserved_attrs": [*RESERVED_ATTRS, "request", "data", "server_time", "correlation_id"],
            "json_ensure_ascii": False,
        }
    },
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "filters": ["request_id"],
            "formatter": "json",
        }
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django_guid": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # Its lines have names and filters in them; departments.login.directory writes its own.
        "django_auth_ldap": {"level": "CRITICAL"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
