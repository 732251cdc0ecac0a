"""Registrations, keyed by userId."""

from events.base import Event
from events.scalars import Email, Id, JsonObject
from events.vocabulary import SignupMethod


class RegistrationEvent(Event):
    """A fact about one account."""

    topic = "registrations.{env}.events"
    key_field = "user_id"
    source = "registration-service"


class UserSignedUpEvent(RegistrationEvent):
    """Somebody registered. `UserSignedUp` is another name of this event (K12)."""

    user_id: Id
    email: Email
    signup_method: SignupMethod
    profile: JsonObject | None = None
    preferences: JsonObject | None = None
    verification: JsonObject | None = None
    oauth_provider: JsonObject | None = None


class UserForgotPasswordEvent(RegistrationEvent):
    """Somebody asked for a new password."""

    user_id: Id
    email: Email
    reset_token: JsonObject
    security_context: JsonObject | None = None
    notification: JsonObject | None = None
