"""Runs the Autobahn test suite's cases against a Tidings server, and fails on any verdict but OK that
is not explained below.

    autobahn.py ADDRESS TOKEN ACCOUNT        127.0.0.1:8080, a member's token, an account it may write to

The cases want a server that echoes. Tidings does not, but whoever posts into a thread it has joined gets
the text back: `autobahn_echo` stands between the two and makes posts of text messages and text messages
of events. It leaves the frames themselves as they are: order, fragments, reserved bits, opcodes, control
frames and bytes that are not UTF-8 arrive at the server as the suite has sent them.

Left out are groups 9 (speed and memory, with messages of up to 16 MiB: ours end at 256 KiB), 12 and 13
(compression, which is not offered), and the single cases in LEFT_OUT.
"""

import asyncio
import sys

import kosoku
from kosoku._kosoku import CaseResult

from autobahn_echo import EchoServer

GROUPS = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]

LEFT_OUT = {
    "1.2.*": "a binary message on a JSON socket is closed with 1003",
    "6.7.1": "U+0000, a control character: a message with one is refused, not echoed",
    "6.9.1": "U+007F, another",
}

# Verdicts other than OK that are right for this server, as (messages, closing).
EXPLAINED = {
    # Text before the violation is still being stored when the violation ends the connection, so its
    # echo may not come any more. "Non-strict" is the suite's word for that.
    **dict.fromkeys(
        ["3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15"],
        ("NON-STRICT", "OK"),
    ),
    # UTF-8 is checked by the frame, not within it: still refused with 1007.
    **dict.fromkeys(["6.4.3", "6.4.4"], ("NON-STRICT", "OK")),
    # The suite itself expects nothing here.
    **dict.fromkeys(["7.1.6", "7.13.1", "7.13.2"], ("INFORMATIONAL", "INFORMATIONAL")),
}

# Least number of cases: if fewer ran, it is the runner that is wrong.
CASES_MIN = 200

# Cases that run at a time. Most of their time is spent waiting.
CONCURRENCY = 8


async def run(echo: EchoServer, cases: list[str], concurrency: int) -> list[CaseResult]:
    """Runs cases, and gives their results, good and bad."""
    try:
        return await kosoku.run_fuzzingclient(
            f"ws://{echo.address}/v1/ws",
            cases=cases,
            exclude_cases=list(LEFT_OUT),
            concurrency=concurrency,
        )
    except kosoku.FailureError as failure:
        return failure.results


async def run_all(*server: str) -> tuple[int, list[str]]:
    """Runs all cases: how many they were, and what is wrong."""
    async with EchoServer(*server) as echo:
        results = await run(echo, GROUPS, CONCURRENCY)
        again = [result.case_id for result in results if complaint(result)]
        # The suite gives up after half a second: on a busy machine a case may need another try.
        alone = await run(echo, again, 1) if again else []
    return len(results), [text for text in map(complaint, alone) if text]


def complaint(result: CaseResult) -> str | None:
    """What is wrong with a case's result, if anything is."""
    verdict = (result.behavior.value, result.behavior_close.value)
    if verdict in (("OK", "OK"), EXPLAINED.get(result.case_id)):
        return None
    return (
        f"{result.case_id}: {verdict[0]} / {verdict[1]}\n  {result.description.strip()}\n"
        f"  {result.result} {result.result_close}\n"
        f"  expected {result.expected} and close {result.expected_close}\n"
        f"  received {result.received}, close {result.remote_close_code} {result.remote_close_reason}"
    )


def main() -> None:
    ran, complaints = asyncio.run(run_all(*sys.argv[1:4]))
    print(f"{ran} cases, {len(complaints)} failed")
    for text in complaints:
        print(text)
    if complaints or ran < CASES_MIN:
        sys.exit(1)


if __name__ == "__main__":
    main()
