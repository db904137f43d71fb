"""Tokens, and the key that a Gateway knows them by."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER, AUDIENCE, KEY_ID = "https://issuer.example.com", "flight-delay", "key"
NOW_S = int(time.time())


def make_key() -> rsa.RSAPrivateKey:
    """Return a new key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, STRANGERS_KEY = make_key(), make_key()


def make_token(key: rsa.RSAPrivateKey | None = KEY, **changes: object) -> str:
    """Return a token that is good for an hour, but for what is changed."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "client", "iat": NOW_S, "exp": NOW_S + 3600, **changes}
    algorithm = "none" if key is None else "RS256"
    return jwt.encode(claims, key, algorithm, {"kid": KEY_ID})


PUBLIC_KEYS = json.dumps(
    {
        "keys": [
            {
                **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())),
                **{"kid": KEY_ID, "alg": "RS256", "use": "sig"},
            }
        ]
    }
)
"""The key set that the chart takes as ``auth.jwt.jwksInline``."""
