/** Recording what is said into the microphone, in words of its own where that cannot be. */

export type Hindrance = "insecure" | "unsupported" | "missing" | "refused" | "busy" | "short";

export class Hindered extends Error {
  constructor(readonly why: Hindrance) {
    super(why);
  }
}

export interface Recording {
  /** End it, and have the sound. Throws Hindered if it is too short to be words. */
  stop(): Promise<Blob>;
  /** End it, and throw the sound away. */
  discard(): void;
}

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]; // Chromium and Firefox, Safari, old Firefox
const LEAST = 300; // ms of sound
const TAIL = 200; // ms; people let go with the last syllable
const REASONS: Record<string, Hindrance> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Begin to record.
 *
 * @param onLevel told in each frame how loud it is, 0..1
 * @throws Hindered
 */
export async function record(onLevel: (level: number) => void): Promise<Recording> {
  if (!window.isSecureContext) throw new Hindered("insecure");
  const kind =
    "MediaRecorder" in window ? KINDS.find((one) => MediaRecorder.isTypeSupported(one)) : undefined;
  if (!kind) throw new Hindered("unsupported");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error: unknown) => {
    throw new Hindered(REASONS[error instanceof Error ? error.name : ""] ?? "busy");
  });
  try {
    return recordingOf(stream, kind, onLevel);
  } catch {
    for (const track of stream.getTracks()) track.stop();
    throw new Hindered("busy");
  }
}

function recordingOf(stream: MediaStream, kind: string, onLevel: (level: number) => void): Recording {
  const recorder = new MediaRecorder(stream, { mimeType: kind });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const ended = new Promise<void>((done) => {
    recorder.addEventListener("stop", () => {
      done();
    });
  });
  recorder.start();
  const begun = performance.now();
  const quiet = listenTo(stream, onLevel);
  const end = async () => {
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    quiet();
    for (const track of stream.getTracks()) track.stop();
  };
  return {
    async stop() {
      const length = performance.now() - begun;
      await new Promise((done) => setTimeout(done, TAIL));
      await end();
      if (length < LEAST) throw new Hindered("short");
      return new Blob(parts, { type: kind.split(";")[0] ?? kind });
    },
    discard() {
      void end();
    },
  };
}

/** Tells how loud it is; what ends that. */
function listenTo(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const look = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    onLevel(Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 50))); // -60 dB is nothing, -10 dB is full
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
    onLevel(0);
  };
}
