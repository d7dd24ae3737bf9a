"""Holds a running demo town against the description of its interface, as one of its main roles.

    python run.py DATA/demo.json ROLE [--examples N] [--seed N]

The town must be started with `[limits]` that do not stand in the way (schema/town.toml), and be a
new one: whoever manages people sees some of them off. Prints a line and exits with 1 if any check
failed anywhere.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import loopback  # noqa: F401
import requests

HERE = pathlib.Path(__file__).parent

# Each main role: who decides, who operates, who audits, who works, and whose body is a prefecture.
ROLES = {
    "chief-officer": "tanaka.hiroshi",
    "section-manager": "ito.sachiko",
    "system-manager": "yamamoto.akira",
    "auditor": "yoshida.rei",
    "staff": "yamada.hanako",
    "prefecture": "kuroda.makoto",
    # Makes only the calls that no other role makes.
    "leaving": "sasaki.taro",
}

# Calls that end the session they are made in. In a session one such call would make every later
# one a 401 and the run worthless: they are left out there, and called in a run of their own, where
# what they answer afterwards is looked at too.
ENDS_ITSELF = ["DELETE /api/v1/sessions/current"]


def one_time_code(secret):
    """RFC 6238 with SHA-1, 30 seconds, six digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def sign_in(demo, login):
    account = next(one for one in demo["accounts"] if one["person"] == login)
    shown = {
        "person": login,
        "password": account["password"],
        "one_time_code": one_time_code(account["totp_secret"]),
    }
    answer = requests.post(
        demo["base_url"] + "/api/v1/sessions", json=shown, verify=demo["ca_certificate"], timeout=30
    )
    answer.raise_for_status()
    return answer.cookies["__Host-sekisho"], answer.json()["csrf_token"]


def quoted(text):
    return json.dumps(str(text))


def config(demo, cookie, csrf, arguments):
    """The configuration of one run. Everything that is switched off says why."""
    return f"""
seed = {arguments.seed}
base-url = {quoted(demo["base_url"])}
tls-verify = {quoted(demo["ca_certificate"])}
continue-on-failure = true
# A connection that a busy machine drops says nothing of the interface.
request-retries = 3
# More than one at a time breaks the generator itself (Python 3.11, `ast` in threads).
workers = 1
warnings = false

[headers]
X-CSRF-Token = {quoted(csrf)}

[auth.openapi.session]
api_key = {quoted(cookie)}

[generation]
max-examples = {arguments.examples}
# A query that says more than is asked for is refused; what is positive asks for nothing more.
allow-extra-parameters = false
# A generated cookie or token beside the real one would only say who is not signed in.
with-security-parameters = false
database = "none"

[checks]
enabled = true

# 422 is what a schema cannot say; the check refused_for_a_known_reason holds each against a list.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]

# The header that names the version of tus is looked at before all others.
[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "406", "412", "415", "422"]

# 412 answers another version of tus, 415 a body of another type.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429"]
"""


def run(demo, role, login, arguments):
    cookie, csrf = sign_in(demo, login)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "schemathesis.toml"
        file.write_text(config(demo, cookie, csrf, arguments))
        report = pathlib.Path(folder) / "report.json"
        # The program stands beside the interpreter that runs this.
        program = str(pathlib.Path(sys.executable).parent / "schemathesis")
        command = [program, "--config-file", str(file), "run"]
        command += [demo["base_url"] + "/api/v1/openapi.json", "--report-json-path", str(report)]
        # A demo has no secrets worth hiding, and a failure is to be read.
        phases = "examples,coverage,fuzzing"
        # The calls that end a session lead nowhere.
        phases += "" if role == "leaving" else ",stateful"
        command += ["--phases", phases, "--output-sanitize", "false"]
        for name in ENDS_ITSELF:
            command += ["--include-name" if role == "leaving" else "--exclude-name", name]
        environment = dict(os.environ, SCHEMATHESIS_HOOKS="hooks", PYTHONPATH=str(HERE))
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        if os.environ.get("SCHEMA_KEEP"):
            pathlib.Path(os.environ["SCHEMA_KEEP"], f"{role}.json").write_text(
                report.read_text() if report.exists() else ""
            )
    lines = [line.strip() for line in done.stdout.splitlines()]
    summary = [line for line in lines if line.startswith(("API Operations", "Selected", "Tested"))]
    summary += [line for line in lines if "generated" in line or "seed" in line.lower()]
    print(f"{role}: {'passed' if done.returncode == 0 else 'FAILED'}; {'; '.join(summary)}")
    if done.returncode != 0:
        print(done.stdout)
        print(done.stderr)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=pathlib.Path)
    parser.add_argument("role", choices=sorted(ROLES))
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    demo = json.loads(arguments.demo.read_text())
    is_good = run(demo, arguments.role, ROLES[arguments.role], arguments)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
