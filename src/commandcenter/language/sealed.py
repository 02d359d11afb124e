"""Questions that no simulated operator may ask, because the teacher and students are examined on them.

Holds digests only: the sentences are other people's and stay out of this repository.
"""

import hashlib
import re

DIGEST_CHARS = 12
_DIGESTS = """
045514e364d4 064f07004229 0a03d2b2f681 0b73574fda35 0ebc76ad7f42 129d1d55bc2a 143bc107e07d
1af9376ba909 1bc171e1c192 1ccadaa6d984 21e10c0d1a34 21ff653d3b02 2938c4a8f238 29c981dca82b
3080641516e3 32390fe6033e 3564b96d7ccb 3628dc02b1e6 36b62da92fe2 39cdb329fb7f 3e618b94eea0
3efae9fe4fea 428ba7c0470c 4385965db8e4 45ac5399e73d 4d80eaa070df 4edab1064466 5175a323f4fb
5222f12bdf46 5a56579888ee 5c3c16b32ab5 62762f127c0d 729965089948 761e2c5842bc 76563c1560b4
7ab52f80a36d 7b29a5e2b688 7d1aab37c9ae 7d296b11f123 7fc2208fd2cf 85aaa350ae69 8bad011ba353
8f0b3bcbfbdc 8f5d9962d100 93fafaa3d7cf 99612b4c4181 9fb971871715 a00b83e36201 a09dee690ba1
a196e91906d0 a5ecaa2b1e29 a6ad9fcfa864 b2769c706966 b2a917971f62 b88eeb7649a6 ba2b3543c73f
bf28b4ba51e3 bf7e416e6491 c1bd399628e7 c2a0b433cad5 c3a924488755 c4daef106fc0 c5f1a053d35b
c93724a6bc20 d3a48fb6f984 d3fbabce505a d417232cab6c d64d7d27e570 d9c2fa4e1a71 db367458bf9e
e13f881c2a6d e5732e25cb08 e95b180fe872 e9b489734512 fc6bb503d8f9 fd08426288fb
"""
SEALED = frozenset(_DIGESTS.split())


def digest(question: str) -> str:
    """Of the question's words alone: case, marks and spaces do not make another question."""
    words = " ".join(re.findall(r"\w+", question.lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:DIGEST_CHARS]


def is_sealed(question: str) -> bool:
    return digest(question) in SEALED
