"""What the service talks to besides its database: the broker and the mail server."""

import smtplib
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.mail import get_connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from qualityplan.answering.forwarding import is_loopback
from qualityplan.installation.findings import Finding, holds, look, mend
from qualityplan.watching import parts


def check_broker() -> Finding:
    """A message can be sent."""
    if settings.EMBEDDED_BROKER:
        return look(
            "未设置 CELERY_BROKER_URL；只有 manage.py serve 自带消息代理，分单元运行时必须设置",
            "CELERY_BROKER_URL is not set: manage.py serve brings a broker, units of their own need one",
        )
    if not parts.broker_answers():
        return mend(
            "消息代理（Redis）无应答；请检查 CELERY_BROKER_URL、口令以及 redis-server 是否运行",
            "The broker (Redis) does not answer; look at CELERY_BROKER_URL, its password and whether redis-server runs",
        )
    return holds("消息代理有应答", "The broker answers")


def is_open_to_network(address: str) -> bool | None:
    """Whether a Redis without a password listens to other machines; None where it does not tell."""
    try:
        with redis.Redis.from_url(address, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            told = client.config_get("bind", "protected-mode")
    except redis.RedisError:
        return None
    places = told.get("bind", "").split()
    shut = bool(places) and all(is_loopback(place.lstrip("-")) for place in places)
    return not shut and told.get("protected-mode") != "yes"


def check_guard_of_broker() -> Finding:
    """Nobody else reads and sends messages."""
    if settings.EMBEDDED_BROKER:
        return holds("自带的消息代理只在本机套接字上监听", "The broker that is brought along has a private socket")
    parts = urlsplit(settings.CELERY_BROKER_URL)
    if parts.password:
        return holds("消息代理设有口令", "The broker has a password")
    local = not parts.hostname or is_loopback(parts.hostname)
    if not local or is_open_to_network(settings.CELERY_BROKER_URL):
        return mend(
            "消息代理没有口令且可从网络访问；请在 redis.conf 设 requirepass 和 bind 127.0.0.1，"
            "并把口令写入 CELERY_BROKER_URL",
            "The broker has no password and the network reaches it; set requirepass and bind 127.0.0.1 in redis.conf, "
            "and put the password into CELERY_BROKER_URL",
        )
    return look(
        "消息代理没有口令，本机任何用户都能访问；建议设 requirepass",
        "The broker has no password, and every user of this machine reaches it; better set requirepass",
    )


def check_mail() -> Finding:
    """The mail server greets, and takes the name and the password if there is one."""
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return look(
            "未设置 EMAIL_URL，邮件不会寄出",
            "EMAIL_URL is not set: no mail leaves this machine",
        )
    link = get_connection(fail_silently=False)
    try:
        link.open()
    except (OSError, smtplib.SMTPException) as error:
        return mend(
            f"邮件服务器 {settings.EMAIL_HOST}:{settings.EMAIL_PORT} 不可用，请检查 EMAIL_URL：{error}",
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} fails; look at EMAIL_URL: {error}",
        )
    link.close()
    return holds(f"邮件服务器 {settings.EMAIL_HOST} 有应答", f"The mail server {settings.EMAIL_HOST} answers")
