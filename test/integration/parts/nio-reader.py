"""Reads what is said in the rooms of an account, with matrix-nio: one JSON object a line."""

import asyncio
import json
import sys

from nio import (
    AsyncClient,
    AsyncClientConfig,
    Event,
    LoginResponse,
    MegolmEvent,
    SyncResponse,
    UnknownToDeviceEvent,
)

SYNC_TIMEOUT_MS = 30_000


def say(**fields):
    print(json.dumps(fields), flush=True)


async def on_event(room, event):
    if isinstance(event, MegolmEvent):
        say(kind="unreadable", room=room.room_id, event_id=event.event_id)
    elif event.source.get("type") == "m.room.message":
        body = event.source["content"].get("body")
        say(kind="read", room=room.room_id, event_id=event.event_id, body=body, decrypted=event.decrypted)


async def on_to_device(event):
    say(kind="to-device", type=event.type, content=event.source["content"])


async def main(homeserver, user_id, password, store):
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = AsyncClient(homeserver, user_id, store_path=store, config=config)
    answer = await client.login(password)
    if not isinstance(answer, LoginResponse):
        raise SystemExit(f"no login: {answer}")
    client.add_event_callback(on_event, Event)
    client.add_to_device_callback(on_to_device, UnknownToDeviceEvent)
    first = await client.sync(timeout=0, full_state=True)
    if not isinstance(first, SyncResponse):
        raise SystemExit(f"no sync: {first}")
    if client.should_upload_keys:
        await client.keys_upload()
    say(kind="ready", device=client.device_id)
    await client.sync_forever(timeout=SYNC_TIMEOUT_MS)


asyncio.run(main(*sys.argv[1:]))
