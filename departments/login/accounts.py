"""Addresses of the own account: log-in, log-out, password, second factor.

Of allauth's views only these are reachable. Their names are allauth's own, because its views look for one another by
them; the project itself says `login` and `logout`.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_required
from django.urls import path

from departments.credentials.ways import EMERGENCY_DOOR
from departments.login import doors, openid

urlpatterns = [
    path("login/", doors.LogInPage.as_view(), name="login"),
    path("login/", doors.LogInPage.as_view(), name="account_login"),
    path("login/emergency/", doors.EmergencyPage.as_view(), name=EMERGENCY_DOOR),
    path("login/city/", openid.begin_at_service, name="openid_begin"),
    path("login/city/back/", openid.come_from_service, name="openid_callback"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    path("logout/", doors.LogOut.as_view(), name="logout"),
    path("password/", account.password_change, name="account_change_password"),
    path("confirm/", login_required(doors.ConfirmPage.as_view()), name="account_reauthenticate"),
    path("security/", mfa.index, name="mfa_index"),
    path("security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/renew/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
