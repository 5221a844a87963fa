"""A foreign WHIP (RFC 9725) and WHEP client for the tests, built on aiortc.

    client.py publish URL [--codec VP8|H264] [--bare]
                                               a plain colour and a tone, until stdin ends
    client.py watch URL                        until the picture and the sound are there

The invitation's token comes in the variable TOKEN. What happens is told as one
JSON object a line.
"""

import argparse
import array
import asyncio
import fractions
import http.client
import json
import math
import os
import sys
import time
import urllib.parse

import aioice.ice
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from av import AudioFrame, VideoFrame

RATE = 48_000
SAMPLES = RATE // 50
TONE = 440
LOUD = 8_000
COLOUR = (150, 60, 200)
# Frames of each kind that a viewer waits for, and for how many seconds.
ENOUGH = 25
PATIENCE = 60

# Servers of tests are on loopback, which aioice leaves out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def tell(**event):
    print(json.dumps(event), flush=True)


class Colour(VideoStreamTrack):
    """320 × 180 pixels of one colour."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=320, height=180, format="yuv420p")
        for plane, value in zip(frame.planes, COLOUR):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine, 20 ms at a time."""

    start = None
    sent = 0

    async def recv(self):
        if self.start is None:
            self.start = time.time()
        await asyncio.sleep(max(0, self.start + self.sent / RATE - time.time()))
        wave = array.array(
            "h",
            (
                int(LOUD * math.sin(2 * math.pi * TONE * (self.sent + i) / RATE))
                for i in range(SAMPLES)
            ),
        )
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(wave.tobytes())
        frame.pts, frame.sample_rate = self.sent, RATE
        frame.time_base = fractions.Fraction(1, RATE)
        self.sent += SAMPLES
        return frame


class Resource:
    """The HTTP side: one session at the server."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.path = None

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.url.netloc, timeout=30)
        token = {"Authorization": "Bearer " + os.environ["TOKEN"]}
        connection.request(method, path, body, {**token, **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    async def offer(self, sdp):
        path = self.url.path + ("?" + self.url.query if self.url.query else "")
        headers = {"Content-Type": "application/sdp"}
        response, text = await asyncio.to_thread(self.ask, "POST", path, sdp, headers)
        tell(event="posted", status=response.status, etag=response.headers["ETag"])
        if response.status != 201:
            tell(event="refused", problem=text)
            sys.exit(1)
        self.path = response.headers["Location"]
        return RTCSessionDescription(text, "answer")

    async def end(self):
        response, _ = await asyncio.to_thread(self.ask, "DELETE", self.path)
        tell(event="deleted", status=response.status)


async def negotiate(pc, resource, bare=False):
    """Bare is without header extensions, as cameras and encoders are."""

    @pc.on("connectionstatechange")
    def changed():
        tell(event="connection", state=pc.connectionState)

    await pc.setLocalDescription(await pc.createOffer())
    sdp = pc.localDescription.sdp
    if bare:
        lines = sdp.splitlines(keepends=True)
        sdp = "".join(line for line in lines if not line.startswith("a=extmap:"))
    await pc.setRemoteDescription(await resource.offer(sdp))


async def publish(pc, resource, codec, bare):
    pc.addTransceiver(Tone(), "sendonly")
    camera = pc.addTransceiver(Colour(), "sendonly")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    camera.setCodecPreferences(
        [c for c in codecs if c.mimeType in ("video/" + codec, "video/rtx")]
    )
    await negotiate(pc, resource, bare)
    await asyncio.to_thread(sys.stdin.read)


def rms(frame):
    samples = array.array("h", bytes(frame.planes[0])[: frame.samples * 2])
    return math.sqrt(sum(s * s for s in samples) / max(1, len(samples)))


def colour(frame):
    middle = [bytes(plane)[plane.buffer_size // 2] for plane in frame.planes]
    return [frame.width, frame.height, *middle]


async def look(track, kinds):
    """Tells what comes on a track once there is enough of it."""
    seen = 0
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if track.kind == "audio" and rms(frame) < LOUD / 10:
            continue
        seen += 1
        if seen == ENOUGH:
            what = rms(frame) if track.kind == "audio" else colour(frame)
            tell(event="received", kind=track.kind, what=what)
            kinds[track.kind].set()


async def watch(pc, resource, awaited):
    kinds = {"audio": asyncio.Event(), "video": asyncio.Event()}
    looking = []

    @pc.on("track")
    def track(track):
        looking.append(asyncio.create_task(look(track, kinds)))

    pc.addTransceiver("audio", "recvonly")
    pc.addTransceiver("video", "recvonly")
    await negotiate(pc, resource)
    for kind in awaited:
        await kinds[kind].wait()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["publish", "watch"])
    parser.add_argument("url")
    parser.add_argument("--codec", default="VP8")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--await", dest="awaited", nargs="+", default=["audio", "video"])
    arguments = parser.parse_args()
    pc = RTCPeerConnection()
    resource = Resource(arguments.url)
    if arguments.what == "publish":
        await publish(pc, resource, arguments.codec, arguments.bare)
    else:
        async with asyncio.timeout(PATIENCE):
            await watch(pc, resource, arguments.awaited)
    await resource.end()
    await pc.close()


asyncio.run(main())
