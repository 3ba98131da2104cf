"""Checks that a record was sealed: python3 verify_proof.py PROOF.json [ANCHOR.jsonl]. Needs nothing but Python; knows nothing of Daopai."""

# fmt: off
import hashlib, json, sys
LIMIT = "\nThis is the word of the key in it: compare that with a mail or a printed seal; key and anchor may be replaced together.\n"
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def add(a, b):  # points of Ed25519 (RFC 8032) as (X, Y, Z, T)
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, a):
    found = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        found = add(found, found)
        found = add(found, a) if bit == "1" else found
    return found

def point(data):
    y, odd = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P:
        raise ValueError("not a point")
    return (x if x & 1 == odd else P - x, y, 1, (x if x & 1 == odd else P - x) * y % P)

def signed(key, text, signature):
    base, s = point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    a, b = times(s, base), add(point(signature[:32]), times(k, point(key)))
    return s < ORDER and (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

def check(proof, anchor):
    seal, node = proof["seal"], sha(proof["previous"] + sha(proof["record"]))
    for following in proof["following"]:  # from the record to the head of its chain
        node = sha(node + following)
    node = hashlib.sha256(b"\0" + f"{proof['chain']}:{proof['length']}:{node}".encode()).digest()
    for side, other in proof["path"]:  # from the head to the root of the seal
        pair = (bytes.fromhex(other), node) if side == "left" else (node, bytes.fromhex(other))
        node = hashlib.sha256(b"\1" + pair[0] + pair[1]).digest()
    text, told = canonical({name: seal[name] for name in proof["signed"]}).encode(), json.loads(proof["record"])[-1]
    yield "free texts fit", all(told[n] == {"gone": sha(canonical([proof["salt"], n, v]))} for n, v in proof["texts"].items())
    yield "record is under the root of the seal", node.hex() == seal["root"] and json.loads(proof["record"])[0] == proof["chain"]
    yield "seal is what was signed", "root" in proof["signed"] and sha(text.decode()) == seal["hash"]
    yield "signature is good", signed(bytes.fromhex(seal["public_key"]), text, bytes.fromhex(seal["signature"]))
    if anchor is not None:
        yield "seal is in the anchor file", seal in anchor
if __name__ == "__main__":
    given = [open(name, encoding="utf-8").read() for name in sys.argv[1:3]] or sys.exit(__doc__)
    results = list(check(json.loads(given[0]), [json.loads(line) for line in given[1].splitlines()] if given[1:] else None))
    print(json.loads(given[0])["record"], *(f"{'ok ' if good else 'BAD'} {what}" for what, good in results), sep="\n", end=LIMIT)
    sys.exit(0 if all(good for _what, good in results) else 1)
