/** Where in the motion we are: the stage moves it on, the player shows and sets it. */
export class Clock {
  time = 0; // s
  duration = 0;
  playing = true;
  speed = 1;
  loop = true;
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(duration: number, playing: boolean): void {
    this.set({ time: 0, duration, playing });
  }

  /** The motion was changed: it goes on where it is. */
  extend(duration: number): void {
    this.set({ time: Math.min(this.time, duration), duration });
  }

  /** Some time has passed; at its end the motion starts again, or stops. */
  tick(seconds: number): void {
    if (!this.playing || !this.duration) return;
    const time = this.time + seconds * this.speed;
    if (time < this.duration) this.set({ time });
    else if (this.loop) this.set({ time: time % this.duration });
    else this.set({ time: this.duration, playing: false });
  }

  seek(time: number): void {
    this.set({ time: Math.min(Math.max(time, 0), this.duration) });
  }

  /** To another frame, and stay there. */
  step(seconds: number): void {
    this.set({ playing: false });
    this.seek(this.time + seconds);
  }

  toggle(): void {
    const again = !this.playing && this.time >= this.duration;
    this.set({ playing: !this.playing, ...(again ? { time: 0 } : {}) });
  }

  setSpeed(speed: number): void {
    this.set({ speed });
  }

  setLoop(loop: boolean): void {
    this.set({ loop });
  }

  private set(values: Partial<Pick<Clock, "time" | "duration" | "playing" | "speed" | "loop">>): void {
    Object.assign(this, values);
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}
