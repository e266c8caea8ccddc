// The service from JavaScript: compose a command and fetch its motion. `motion serve`, then `node examples/command.mjs`.
import { writeFile } from "node:fs/promises";

const url = process.env.MOTION_URL ?? "http://127.0.0.1:8765";
const out = process.argv[2] ?? ".";
const headers = process.env.MOTION_KEY ? { Authorization: `Bearer ${process.env.MOTION_KEY}` } : {};

async function ask(path, body) {
  const answer = await fetch(
    url + path,
    body && { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) },
  );
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
}

const track = await (await ask("/v1/commands", { text: "wave, then run while clapping" })).json();
for (const { action, start, end } of track.timeline.segments) {
  console.log(`${start.toFixed(2)} to ${end.toFixed(2)} s  ${action}`);
}

// Frames are float32: 3 numbers for the pelvis (m), then 52 rotations wxyz.
const frames = new Float32Array(await (await ask(`/v1/tracks/${track.id}/frames`)).arrayBuffer());
console.log(`${frames.length / 211} frames; the pelvis starts at ${frames.slice(0, 3)}`);

await writeFile(`${out}/javascript.glb`, Buffer.from(await (await ask(`/v1/tracks/${track.id}.glb`)).arrayBuffer()));
console.log(`Written: ${out}/javascript.glb`);

await ask("/v1/commands", { text: "moonwlk" }).catch((error) => console.log(error.message));
