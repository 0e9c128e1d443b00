"""What nobody sends by mistake: texts, numbers and structures at which parsers, databases, templates and logs have failed."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

Json = Any

_SQL = """
' | '' | " | '-- | '/* | ') | '; | 1' OR '1'='1 | 1 OR 1=1 | ' OR ''=' | admin'-- | ' UNION SELECT NULL--
' UNION SELECT NULL,NULL-- | '; DROP TABLE x;-- | 1; SELECT pg_sleep(10)-- | '||pg_sleep(10)-- | ' AND SLEEP(5)--
' WAITFOR DELAY '0:0:5'-- | randomblob(1000000000) | $$ | $tag$ | E'\\\\x27' | \\' | \\\\ | %' | _ | % | %%% | *)
LIKE '%' | ORDER BY 99 | HAVING 1=1 | information_schema.tables | sqlite_master | CAST('x' AS INT) | 0x27
CHR(39) | load_extension('x') | COPY x FROM PROGRAM 'id' | lo_import('/etc/passwd') | ARRAY[1] | {1,2} | (1,2)
[1,2)
""".replace("\n", " | ")

_TEMPLATES = """
{{7*7}} | ${7*7} | #{7*7} | <%= 7*7 %> | {%debug%} | {% load static %} | {{ request }} | {{settings.SECRET_KEY}}
{0} | {} | {0.__class__} | {self.__init__.__globals__} | %s | %d | %n | %x%x%x | %(name)s | %99999999s
{:>999999999} | $(id) | `id` | ; id | | id | && id | ${IFS} | ${jndi:ldap://x/a} | =cmd|'/c calc'!A0 | +1+1 | -1+1
@SUM(1) | =HYPERLINK("http://x") | \\t=1 | *)(uid=*))(|(uid=* | (&(a=b)) | */* | //* | ' or count(/*)=1 or '
<?xml version="1.0"?> | <!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a> | &#0; | &lt; | &amp;lt;
<script>alert(1)</script> | "><img src=x onerror=alert(1)> | javascript:alert(1) | data:text/html,x
<svg/onload=alert(1)> | <!-- | --> | ]]> | </style>
"""

_TEMPLATES = _TEMPLATES.replace("\n", " | ")

_PATHS = """
. | .. | ../ | ../../etc/passwd | ..\\..\\windows\\win.ini | /etc/passwd | //etc/passwd | ....// | %2e%2e%2f
%252e%252e%252f | ..%c0%af | ..;/ | ;/ | ;a=b | ~ | ~root | C:\\ | \\\\server\\share | file:///etc/passwd
file://localhost/ | gopher://127.0.0.1:6379/_x | ftp://x | http://127.0.0.1:5432 | http://[::1]/
http://169.254.169.254/latest/meta-data | http://0 | http://2130706433 | http://0x7f000001 | http://127.1
https://localhost | https://a.example:99999/ | https://user:pass@a.example | https://a.example#@b.example
https://a.example\\@b | https:// | https:///x | https://\u2488\u2489.example | https://xn--.example | https://[
https://[::1 | http://a b | HTTPS://A.EXAMPLE | mailto:x | urn:x | about:blank | .git/config | .env | index.php
a.json | a.xml | a?b=c | a#b | a&b | a=b | a%00b | a%0d%0aSet-Cookie:x=y | %00 | %ff | %u0000 | % | con | nul
aux | .htaccess | web.config | * | ? | < | > | : | ,
""".replace("\n", " | ")

_WORDS = """
null | NULL | None | nil | undefined | true | True | false | yes | no | on | off | NaN | nan | Infinity
-Infinity | inf | -0 | 0 | 00 | 007 | 1 | -1 | +1 | 1.0 | 1. | .5 | 1e1 | 1E400 | 1e-400 | -1e999 | 0x10 | 0b1
0o7 | 1_000 | 1,000 | 1 000 | 1'000 | 1/0 | 0/0 | 1/3 | -1/2 | 99.999999999999999999 | 100.0000000001 | 2147483647
2147483648 | -2147483649 | 4294967296 | 9007199254740993 | 9223372036854775807 | 9223372036854775808
-9223372036854775809 | 18446744073709551616 | 999999999999999999999999999999 | １２ | ٣ | १२ | Ⅻ | ² | ½ | 一 | −1
‑1 | 1٫5 | __class__ | __proto__ | constructor | prototype | toString | __dict__ | pk | id | self | customer
customer_id | contract__customer | is_staff | password | id__in | id__gte | name__startswith
customer__name__regex | -id | ?id | id,id | random | EUR | eur | €€€ | XXX | EURO | sla_AAAAAAAA_x
slp_AAAAAAAA_x | st_00000000000000000000000000000000 | st_ | ST_0 | SLA-2026-00001 | SLA-9999-99999 | W-1 | admin
root | system | operator | test
""".replace("\n", " | ")

_TIMES = """
2026-04-10T12:00:00Z | 2026-04-10T12:00:00 | 2026-04-10 | 2026-04 | 2026 | 2026-4-1 | 2026-13-01T00:00:00Z
2026-00-10T00:00:00Z | 2026-02-30T00:00:00Z | 2026-02-29T00:00:00Z | 2028-02-29T00:00:00Z | 0000-00-00T00:00:00Z
0001-01-01T00:00:00Z | 0001-01-01T00:00:00+23:59 | 9999-12-31T23:59:59Z | 9999-12-31T23:59:59-23:59 | 9999-12
0001-01 | 10000-01-01T00:00:00Z | -0001-01-01T00:00:00Z | 1582-10-10T00:00:00Z | 1969-12-31T23:59:59Z
2038-01-19T03:14:08Z | 2100-01-01T00:00:00Z | 2099-12-31T23:59:59.999999Z | 2026-04-10T24:00:00Z
2026-04-10T23:59:60Z | 2026-04-10T12:60:00Z | 2026-04-10T12:00:00.1234567Z | 2026-04-10T12:00:00+99:99
2026-04-10T12:00:00+24:00 | 2026-04-10T12:00:00-00:00 | 2026-04-10T12:00:00 02:00 | 2026-04-10t12:00:00z
2026-04-10 12:00:00Z | 20260410T120000Z | 2026-W15-5T12:00:00Z | 2026-100T12:00:00Z | 1775822400 | now | now()
today | infinity | -infinity | epoch | tomorrow | P1M | 12:00 | ２０２６-04-10T12:00:00Z | 2026-03-29T02:30:00
2026-03-29T02:30:00[Europe/Berlin] | Fri, 10 Apr 2026 12:00:00 GMT | 10.04.2026 | 04/10/2026
2026-04-10T12:00:00,5Z
""".replace("\n", " | ")

_UNICODE = [
    "\u202e\u2066abc\u2069", "\u200b", "\u200d", "\ufeff", "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\ufdd0",
    "e\u0301", "\u00e9", "\u0301", "a" + "\u0301" * 500, "\u1160", "\u3164", "\u00a0", "\u2028", "\u2029", "\u0085",
    "\u180e", "\u2060", "\u00ad", "\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea", "\U0001f468\U0001f3ff", "ß",
    "ẞ", "ı", "İ", "ﬁ", "ﷺ", "Å", "Ω", "ǅ", "\u0430\u0440\u0456", "中文", "日本語", "العربية", "עברית", "ไทย", "हिन्दी",
    "\U00020000", "\U0001d7d8", "Z̴̛͎a̷", "\u0000", "a\u0000b", "\ud800", "\udfff", "\ud800\ud800", "\udc00\ud800",
    "a\ud800b", "\r\n", "a\r\nSet-Cookie: a=b", "\n", "\t", "\r", " ", "  ", " a ", "\\u0000", "\\x00", "\\ud800",
    "\x7f", "\x1b[31m", "\x1b]0;a\x07", "\x08", "", "''", '""',
]  # fmt: skip

_LONG = [
    "x" * 61, "x" * 121, "x" * 200, "x" * 201, "x" * 256, "x" * 501, "x" * 4_001, "x" * 70_000, "é" * 3_000,
    "\U0001f600" * 1_000, " " * 5_000, "0" * 5_000, "9" * 4_301, "-" * 1_000, "." * 1_000, "/" * 500, "../" * 300,
    "%" * 500, "%00" * 100, "(" * 2_000, "[" * 2_000, "{" * 2_000, "a," * 2_000, "a=b&" * 500, "1." * 500,
    "1e" + "9" * 300, "0." + "9" * 2_000, "9" * 300 + "/7", "1/" + "9" * 3_000,
    "2026-04-10T12:00:00" + "0" * 300 + "Z", "https://" + "a" * 5_000, "https://a.example/" + "b" * 3_000,
    "st_" + "f" * 5_000, "a" * 30 + "!", "aaaa" * 20 + "b", "\u0301" * 2_000, "\u202e" * 300, "=" * 200, "'" * 200,
    '"' * 200, "\\" * 200,
]  # fmt: skip

_DEEP = 30

STRUCTURES: list[Json] = [
    None, True, False, 0, 1, -1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_536, 2**31 - 1, 2**31, 2**32, 2**53,
    2**53 + 1, 10**15, 10**15 + 1, 10**17, 10**18 - 1, -(2**31) - 1, -(10**18) + 1, [], {}, [[]], [{}], [None],
    [True], [0], [""], ["x"], [[], []], ["enterprise"] * 1_001, ["a", "a"], [1, "1", None, True], {"a": 1},
    {"": ""}, {"$ne": None}, {"$gt": ""}, {"__class__": "x"}, {"__proto__": {"a": 1}}, {"id": 1, "pk": 1},
    {"a": {"b": {"c": []}}}, [{"a": [{"b": []}]}], {"x" * 5_000: 1}, {str(n): n for n in range(1_000)},
    list(range(5_000)), {"length": -1}, {"toString": "x"}, {"type": "Buffer", "data": [1]}, {"$ref": "#/"},
    {"@type": "x"}, {"a.b": 1}, {"a[0]": 1}, {"a b": 1}, {"é": 1}, {"e\u0301": 1, "\u00e9": 2}, {"\u202e": 1},
    {"\ud800": 1}, {"\u0000": 1}, ["\ud800"], [" "], ["\u0000"],
]  # fmt: skip

RAW: list[bytes] = [
    b"", b" ", b"\n", b"\x00", b"null", b"true", b"0", b'""', b"[]", b"{}", b"{", b"}", b"[", b"]", b",", b":",
    b'"', b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b"[1,]", b"{'a':1}", b"{a:1}", b"// x\n{}", b"/* */{}",
    b"{}{}", b"{} x", b"NaN", b"[NaN]", b"-Infinity", b"[1e400]", b"[1.0]", b"[01]", b"[+1]", b"[.5]", b"[1.]",
    b"[0x1]", b"[-0]", b"[" + b"9" * 5_000 + b"]", b"[" * 20_000, b'{"a":' * 20_000, b"[" * 33 + b"]" * 33,
    b'"' + b"x" * 900_000 + b'"', b" " * 1_000_001, b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}',
    b'{"\\u0000":1}', b'"\\x"', b'"\\u12"', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\xfe\xff\x00{\x00}",
    b"\xff", b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf5\x80\x80\x80"', b'"\x01"', b"\x1f\x8b\x08\x00",
    b"PK\x03\x04", b"%PDF-1.7", b"%PDF-1.7\n" + b"0 0 obj " * 2_000, b"a=1&b=2", b"<a/>", b"--x\r\n\r\n--x--",
    b"0\r\n\r\n",
]  # fmt: skip


@cache
def strings() -> list[str]:
    """Every text, once."""
    return list(dict.fromkeys(_strings()))


def _strings() -> Iterator[str]:
    for table in (_SQL, _TEMPLATES, _PATHS, _WORDS, _TIMES):
        yield from (one.strip() for one in table.split(" | ") if one.strip())
    yield from _UNICODE
    yield from _LONG
    yield from (chr(code) for code in range(0x20))
    yield from (f"a{chr(code)}b" for code in range(0x7F, 0xA0))
    yield from _one_of_each_category()


def _one_of_each_category() -> Iterator[str]:
    """Two characters of every category that Unicode knows."""
    seen: dict[str, int] = {}
    for code in range(0x11_0000):
        category = unicodedata.category(chr(code))
        seen[category] = seen.get(category, 0) + 1
        if seen[category] in (2, 60):
            yield chr(code)


@cache
def values() -> list[Json]:
    """What may stand in a field: every text, number and structure."""
    return [*strings(), *STRUCTURES]
