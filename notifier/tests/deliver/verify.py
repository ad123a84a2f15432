"""Says who signed a mail (standard input) by what a name in DNS says: NAME RECORD."""

import sys

import dkim

name, record = sys.argv[1:]


def ask(asked, timeout=5):
    return record.encode() if asked.rstrip(b".") == name.encode() else None


signed = dkim.DKIM(sys.stdin.buffer.read())
if not signed.verify(dnsfunc=ask):
    sys.exit("no valid signature")
print(signed.signature_fields[b"a"].decode(), signed.domain.decode(), *sorted(
    field.decode() for field in signed.include_headers))
