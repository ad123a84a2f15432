"""Drives a conversation with a server from Python: join, post, read, tick, lose the connection,
resume. Prints the bodies of all messages it has seen as JSON; fails at the first surprise."""

import asyncio
import json
import sys
import uuid

import websockets

URL, CONTACT, MEMBER, THREAD = sys.argv[1:5]
WAIT_S = 20


class Client:
    """One connection. Events are checked as they come: the next one, or it is an error."""

    def __init__(self, seen):
        self.seen, self.last_id, self.replies = seen, 0, {}
        self.changed = asyncio.Condition()
        self.frames = []

    async def __aenter__(self):
        self.ws = await websockets.connect(URL, subprotocols=["tidings.v1.json"])
        assert self.ws.subprotocol == "tidings.v1.json"
        self.reader = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        self.reader.cancel()
        await self.ws.close()

    async def read(self):
        async for text in self.ws:
            assert isinstance(text, str)
            frame = json.loads(text)
            ((name, content),) = frame.items()
            if name == "reply":
                self.replies[content["id"]] = content["outcome"]
            elif name == "event":
                self.take(content)
            elif name == "events":
                for event in content["events"]:
                    self.take(event)
            else:
                self.frames.append((name, content))
            async with self.changed:
                self.changed.notify_all()

    def take(self, event):
        assert event["thread"] == THREAD
        assert event["seq"] == len(self.seen) + 1, (event, len(self.seen))
        self.seen.append(event)

    async def until(self, what, found):
        async def wait():
            async with self.changed:
                await self.changed.wait_for(lambda: self.reader.done() or found())

        await asyncio.wait_for(wait(), WAIT_S)
        assert found(), f"closed while waiting for {what}"

    async def send(self, name, **fields):
        self.last_id += 1
        await self.ws.send(json.dumps({"id": self.last_id, "command": {name: fields}}))
        return self.last_id

    async def ask(self, name, **fields):
        sent = await self.send(name, **fields)
        await self.until(f"the reply to {name}", lambda: sent in self.replies)
        return self.replies[sent]

    async def do(self, name, **fields):
        outcome = await self.ask(name, **fields)
        assert "ok" in outcome, (name, outcome)
        return outcome["ok"]

    async def enter(self, token):
        await self.do("authenticate", token=token)
        await self.until("the welcome", lambda: any(n == "welcome" for n, _ in self.frames))
        had = len(self.seen)  # what was missed may arrive before the reply is looked at
        joined = (await self.do("join", thread=THREAD, after=had))["joined"]
        assert joined["complete"] and joined["from"] == had + 1, joined

    async def post(self, body, key=None):
        key = key or str(uuid.uuid4())
        written = await self.do("post_message", thread=THREAD, key=key, body=body)
        return written["written"]["seq"]

    async def seen_up_to(self, seq):
        await self.until(f"event {seq}", lambda: len(self.seen) >= seq)


async def conversation():
    contacts, members = [], []
    async with Client(members) as member:
        await member.enter(MEMBER)
        async with Client(contacts) as contact:
            await contact.enter(CONTACT)
            key = str(uuid.uuid4())
            first = await contact.post("Grüße aus Python 🐍", key)
            assert await contact.post("Grüße aus Python 🐍", key) == first
            await member.seen_up_to(first)
            await contact.send("typing", thread=THREAD)
            await member.until("typing", lambda: any(n == "typing" for n, _ in member.frames))
            ticked = (await contact.do("tick_task", thread=THREAD, task=3))["written"]["seq"]
            await member.seen_up_to(ticked)
            refused = (await contact.ask("archive", thread=THREAD))["refused"]
            assert refused["code"] == "not_allowed", refused
            await contact.seen_up_to(ticked)
            # Lost without a word, as a phone in a tunnel loses it.
            contact.ws.transport.abort()
            await asyncio.wait_for(contact.ws.wait_closed(), WAIT_S)
        for number in range(150):
            last = await member.post(f"meanwhile {number}")
        async with Client(contacts) as contact:
            await contact.enter(CONTACT)
            await contact.seen_up_to(last)
            read = (await contact.do("read", thread=THREAD, up_to=last))["read_up_to"]
            assert read == {"seq": last, "unread": 0}, read
            last = await contact.post("there again")
            await contact.seen_up_to(last)
            await member.seen_up_to(last)
    assert contacts == members
    posted = (event["kind"].get("message_posted") for event in contacts)
    print(json.dumps([message["body"] for message in posted if message]))


asyncio.run(conversation())
