/** What our encoders do: as many layers as fit the picture and somebody wants, in as many bits. */
import { cameraPlan, type CaptureSize, encodingOf } from '../core/publish';

/** The size of a track's picture, in pixels, if it is known. */
export function sizeOf(track: MediaStreamTrack | null): CaptureSize | null {
  const { width, height } = track?.getSettings() ?? {};
  return width === undefined || height === undefined ? null : { width, height };
}

/** One sender of pictures, tuned by one change after the other. */
export class Encoder {
  readonly #sender: RTCRtpSender;
  readonly #capture: CaptureSize;
  #isWanted: (rid: string | undefined) => boolean = () => true;
  #work: Promise<void> = Promise.resolve();

  constructor(sender: RTCRtpSender, capture: CaptureSize) {
    this.#sender = sender;
    this.#capture = capture;
  }

  /** Which of the layers somebody wants. */
  want(isWanted: (rid: string | undefined) => boolean): Promise<void> {
    this.#isWanted = isWanted;
    return this.fit();
  }

  /** Brings the encodings in line with the size of the picture, and with who wants them. */
  fit(): Promise<void> {
    // A failure is the connection's end: there is nothing to tune any more.
    this.#work = this.#work.then(() => this.#fit()).catch(() => undefined);
    return this.#work;
  }

  async #fit(): Promise<void> {
    const parameters = this.#sender.getParameters();
    const isSimulcast = parameters.encodings.length > 1;
    const plan = new Map(cameraPlan(sizeOf(this.#sender.track) ?? this.#capture).map((layer) => [layer.rid, encodingOf(layer)]));
    let isChanged = false;
    for (const encoding of parameters.encodings) {
      const planned: RTCRtpEncodingParameters = (isSimulcast ? plan.get(encoding.rid ?? '') : undefined) ?? { active: true };
      const next = { ...planned, active: planned.active !== false && this.#isWanted(encoding.rid) };
      isChanged ||= (Object.keys(next) as (keyof typeof next)[]).some((key) => encoding[key] !== next[key]);
      Object.assign(encoding, next);
    }
    if (isChanged) await this.#sender.setParameters(parameters);
  }
}
