"""What is asked for on the pages of accounts and people; allauth's forms get our words, beside the fields."""

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from departments.credentials import codes, lockout
from departments.models import Department, Membership, User
from departments.permissions import Role
from pages.choices import offer_rows

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Data = Mapping[str, object]
"""What a browser has sent, by the names of fields."""


def _named(field: forms.Field, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):
    """Name and password."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _named(self.fields["login"], _("User name"))
        _named(self.fields["password"], _("Password"))
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocapitalize": "none"}


class ReauthenticateForm(account.ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _named(self.fields["password"], _("Password"))


class ChangePasswordForm(account.ChangePasswordForm):
    """The own password: the one until now, and a new one twice."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _named(self.fields["oldpassword"], _("Current password"))
        _named(self.fields["password1"], _("New password"), password_validators_help_text_html())
        _named(self.fields["password2"], _("New password once more"))


class CodeForm(factors.AuthenticateForm):
    """The code of the app, or a recovery code."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _named(self.fields["code"], _("Code"))
        self.fields["code"].widget.attrs |= {"autofocus": True, "inputmode": "numeric"}

    def clean_code(self) -> str:
        """Guesses of codes are counted like those of passwords."""
        guess = lockout.count_guess(context.request, lockout.code_key(self.user))
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not codes.use_up(self.authenticator, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        guess.rollback()
        return code


class ActivateForm(totp.ActivateTOTPForm):
    """The first code of an app, which shows that it has understood."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        _named(self.fields["code"], _("Code that the app shows"))
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


class RolesField(forms.TypedMultipleChoiceField):
    """Some of the roles that may be given."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, offered: frozenset[Role]) -> None:
        choices = [choice for choice in Membership.RoleChoices.choices if choice[0] in offered]
        super().__init__(choices=choices, coerce=Role, label=_("Roles"), required=False)


class RolesForm(forms.Form):
    """The roles of a person in one department."""

    def __init__(
        self,
        offered: frozenset[Role],
        data: Data | None = None,
        *,
        initial: MutableMapping[str, object] | None = None,
        auto_id: str = "id_%s",
    ) -> None:
        super().__init__(data, initial=initial, auto_id=auto_id)
        self.fields["roles"] = RolesField(offered)


class PlaceForm(RolesForm):
    """The first roles of a person in a further department."""

    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"), to_field_name="code")

    def __init__(self, departments: "QuerySet[Department]", offered: frozenset[Role], *, auto_id: str) -> None:
        super().__init__(offered, auto_id=auto_id)
        offer_rows(self, "department", departments)


class PersonForm(forms.ModelForm):
    """A new person."""

    class Meta:
        model = User
        fields = ["username", "display_name", "email", "staff_number"]
        labels = {"username": _("User name"), "display_name": _("Name"), "email": _("E-mail address")}
        help_texts = {"username": _("For logging in: letters, digits and @ . + - _. It cannot be changed later.")}

    def __init__(self, departments: "QuerySet[Department]", offered: frozenset[Role], data: Data | None = None) -> None:
        super().__init__(data)
        self.fields["display_name"].required = True
        self.fields["department"] = forms.ModelChoiceField(
            departments, label=_("Department"), initial=departments.first() if departments.count() == 1 else None
        )
        self.fields["roles"] = RolesField(offered)


class StaffNumberForm(forms.ModelForm):
    """The number by which the city's log-in knows a person."""

    class Meta:
        model = User
        fields = ["staff_number"]


class PeopleFilter(forms.Form):
    """Whom to show."""

    q = forms.CharField(
        label=_("Name or user name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("Department"),
        required=False,
        empty_label=_("all departments"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=10**6, widget=forms.HiddenInput)

    def __init__(self, departments: "QuerySet[Department]", data: Data) -> None:
        super().__init__(data)
        offer_rows(self, "department", departments)
        if departments.count() == 1:
            self.fields["department"].widget = forms.HiddenInput()
