"""What schemathesis is taught about this interface. It reads SCHEMATHESIS_HOOKS=hooks."""

import loopback  # noqa: F401  (names are found on this machine)
import schemathesis


@schemathesis.serializer("text/csv")
def as_csv(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(context, value):
    return value if isinstance(value, bytes) else str(value or "").encode("utf-8", "replace")


@schemathesis.hook
def filter_case(context, case):
    """A body that is sent as text is text, whatever it was made of: a number breaks no rule."""
    return case.media_type != "text/csv" or not isinstance(case.body, (bool, int, float, list, dict))


# What a schema cannot say, and a call that follows the schema may therefore be refused for (422).
# Any other reason for a 422 is a gap between the schema and the program, and a failure here.
BEYOND_THE_SCHEMA = {
    # What a kind of permit asks for is data, listed by /permit-kinds: rooms add kinds.
    "permit-text-empty": "a field of this kind of permit, or one that another field makes necessary",
    "permit-choice-wrong": "a choice of this kind of permit; a login that names a desk (admin, info)",
    "permit-number-wrong": "a number of this kind of permit",
    "permit-text-long": "a text of this kind of permit",
    "permit-text-character": "a text of this kind of permit",
    "failure-names": "a list of this kind of permit",
    "failure-beneficiary": "a person who is not there",
    # Times are held against the clock.
    "failure-not-ahead": "a time that has passed",
    "failure-end-before-start": "an end before the start",
    "failure-too-long-days": "longer than this kind of permit lasts",
    "failure-too-long-hours": "longer than this kind of permit lasts",
    "failure-term": "a term that has passed or is too long",
    "api-moment-wrong": "a moment before 1970",
    # Digits that check the others, and names that are taken.
    "set-up-body-code-wrong": "the check digit of a local government code",
    "failure-body-taken": "a body that is there already",
    "failure-not-under": "a body of another prefecture",
    "failure-login-taken": "a login that is taken",
    "failure-section-taken": "a section's code that is taken",
    # Secrets and files that are wrong.
    "failure-code": "a code that nobody was given",
    "failure-totp": "a one-time code that is wrong",
    "failure-wrong-proof": "a proof that is wrong",
    "failure-password-short": "a password under twelve characters",
    "failure-password-long": "a password of more than 128 characters",
    "failure-password-control": "a password with control characters",
    "failure-password-common": "a password that many people use",
    "failure-password-simple": "a password of few characters",
    "failure-password-login": "a password that holds the login",
    "sanitize-wrong-password": "a password that is not UTF-8 once its escapes are read",
    "sanitize-choose": "a file of no bytes",
    # To whom and of what: people, sections and uploads that are there.
    "transfer-no-receiver": "a receiver who is not there",
    "transfer-choose": "neither a file nor an upload",
    "transfer-upload-gone": "an upload that is not there",
    "transfer-upload-unfinished": "an upload that is not whole",
    "transfer-upload-quota": "more uploads than one person has",
    "transfer-upload-excess": "more bytes than another header declares",
    "transfer-upload-metadata": "a value that is not base 64, or not UTF-8 in it",
}

# Guessing is slowed down: a schema says nothing of how often.
SLOWED_DOWN = {
    "POST /api/v1/set-up",
    "POST /api/v1/sessions",
    "POST /api/v1/sessions/current/proofs",
    "POST /api/v1/enrolments",
    "POST /api/v1/me/password",
    # The queue of caged workers is short; the answer says when to try again.
    "POST /api/v1/files",
}


@schemathesis.check
def refused_for_a_known_reason(ctx, response, case):
    """A call that follows the schema is refused only for what no schema can say."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if response.status_code == 429:
        assert case.operation.label in SLOWED_DOWN, f"{case.operation.label} was slowed down"
    if response.status_code == 422:
        errors = response.json().get("errors", [])
        unknown = [one for one in errors if one["code"] not in BEYOND_THE_SCHEMA]
        assert errors and not unknown, f"refused for what the schema should say: {unknown}"
