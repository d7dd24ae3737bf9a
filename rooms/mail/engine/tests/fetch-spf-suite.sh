#!/bin/sh
# Fetches the test suite of RFC 7208 (openspf.org, release 2014.04, inside the
# source package of pyspf) and writes it as JSON: fetch-spf-suite.sh OUT.json
# Needs Python with pip, named by SEKISHO_PYTHON or python3.
set -eu
out=$1
python=${SEKISHO_PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip download -q --no-deps --no-binary pyspf -d "$work" pyspf
"$python" -m pip install -q --target "$work/py" pyyaml
tar -xzf "$work"/pyspf-*.tar.gz -C "$work"
PYTHONPATH="$work/py" "$python" - "$work"/pyspf-*/test/rfc7208-tests.yml "$out" <<'PY'
import json, sys, yaml

scenarios = []
for data in yaml.safe_load_all(open(sys.argv[1], "rb")):
    zone = {}
    for name, records in data["zonedata"].items():
        out = []
        for record in records:
            if isinstance(record, str):
                out.append([record, None])
            else:
                for kind, value in record.items():
                    if isinstance(value, list) and kind in ("TXT", "SPF"):
                        value = "".join(value)
                    out.append([kind, value])
        zone[name] = out
    scenarios.append({"description": data["description"], "tests": data["tests"], "zone": zone})
json.dump(scenarios, open(sys.argv[2], "w"), default=str)
PY
