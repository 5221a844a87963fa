/** How loud a microphone is, and a tone to test a loudspeaker. */

/** Below this nobody is speaking; of 1. */
export const SILENCE = 0.06;

/** Measures a track; `read` gives 0 to 1, fit for a bar. */
export class LevelMeter {
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1_024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  read(): number {
    // A page without a click yet starts with its sound system asleep.
    if (this.#context.state === 'suspended') void this.#context.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    const decibel = 10 * Math.log10(sum / this.#samples.length + 1e-10);
    return Math.max(0, Math.min(1, (decibel + 60) / 50));
  }

  close(): void {
    void this.#context.close();
  }
}

/** Plays two soft notes on a loudspeaker; done when they are over. */
export async function playTestTone(speaker: string): Promise<void> {
  const context = new AudioContext();
  const destination = context.createMediaStreamDestination();
  const audio = new Audio();
  audio.srcObject = destination.stream;
  await routeTo(audio, speaker);
  const gain = context.createGain();
  gain.connect(destination);
  const start = context.currentTime + 0.1;
  gain.gain.setValueAtTime(0, start);
  for (const [index, frequency] of [523.25, 659.25].entries()) {
    const at = start + index * 0.5;
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(at);
    tone.stop(at + 0.5);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.05);
    gain.gain.linearRampToValueAtTime(0, at + 0.48);
  }
  try {
    await audio.play();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  } finally {
    audio.srcObject = null;
    void context.close();
  }
}

/** Sends an element's sound to a loudspeaker, where the browser can choose one. */
export async function routeTo(element: HTMLMediaElement, speaker: string): Promise<void> {
  if (!('setSinkId' in element)) return;
  try {
    await element.setSinkId(speaker);
  } catch {
    // The loudspeaker is gone: the system's own is used.
  }
}
