"""Follows the chain of a ledger's export with nothing but the standard library:
an independent reading of the format. Signatures are left to `openssl`."""

import hashlib
import json
import sys

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.readline())
    previous, place = bytes.fromhex(header["previous"]), header["first"]
    for line in file:
        if line.startswith(b'{"seal":'):
            seal = json.loads(line)["seal"]
            assert (seal["last"], seal["hash"]) == (place - 1, previous.hex()), "seal"
            break
        spelling, digits = line[len('{"entry":') : -len('"}\n')].rsplit(b',"hash":"', 1)
        entry = json.loads(spelling)
        assert entry["sequence"] == place, f"entry {place} is not there"
        assert entry["body"] == header["body"], f"entry {place} is another body's"
        previous = hashlib.sha256(previous + spelling).digest()
        assert previous.hex() == digits.decode(), f"entry {place} was changed"
        place += 1
    else:
        sys.exit("no seal")
print(f"{place - header['first']} entries, whole")
