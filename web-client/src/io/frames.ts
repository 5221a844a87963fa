/**
 * Whose picture is on the page: read from the packets of each frame at the
 * moment when it is shown, so that a name changes with the picture and not with
 * a message.
 */
import type { Participant, SourceRef } from '../core/protocol';
import { csrcOfFrame, sameSource, sourceOfCsrc } from '../core/source';
import type { Slot } from './peer';
import { Timer } from './timer';

/** So long after its last frame a picture is known to stand still, in milliseconds. */
const STALLED_AFTER = 3_000;

/** Keeps `slot.shown` and `slot.stalled` true to what `video` shows. Returns how to stop. */
export function watchFrames(video: HTMLVideoElement, slot: Slot, participants: () => readonly Participant[]): () => void {
  const show = (source: SourceRef | null) => {
    if (!sameSource(slot.shown.get(), source)) slot.shown.set(source);
  };
  if (!('requestVideoFrameCallback' in video)) {
    show(slot.told.get());
    return slot.told.subscribe(() => {
      show(slot.told.get());
    });
  }
  // The element is new: nothing is on it yet.
  show(null);
  const stall = new Timer();
  const isAlive = () => {
    slot.stalled.set(false);
    stall.set(STALLED_AFTER, () => { slot.stalled.set(true); });
  };
  isAlive();
  const onFrame: VideoFrameRequestCallback = (_now, metadata) => {
    const csrc =
      metadata.rtpTimestamp === undefined
        ? null
        : csrcOfFrame(slot.receiver.getContributingSources(), metadata.rtpTimestamp);
    show(csrc === null ? slot.told.get() : sourceOfCsrc(csrc, participants()));
    isAlive();
    handle = video.requestVideoFrameCallback(onFrame);
  };
  let handle = video.requestVideoFrameCallback(onFrame);
  return () => {
    stall.clear();
    video.cancelVideoFrameCallback(handle);
  };
}
