// A live character from JavaScript; works in browsers too. `motion serve`, then
// `node --experimental-websocket examples/live.mjs` (from Node 22 on without the option).
const url = (process.env.MOTION_URL ?? "http://127.0.0.1:8765").replace("http", "ws");
const key = process.env.MOTION_KEY ? `&key=${process.env.MOTION_KEY}` : "";
const socket = new WebSocket(`${url}/v1/live?room=javascript&rate=30${key}`);
socket.binaryType = "arraybuffer";

let frames = 0;
socket.onopen = () => socket.send(JSON.stringify({ type: "command", id: "1", text: "raise both hands" }));
socket.onmessage = ({ data }) => {
  if (typeof data === "string") {
    const said = JSON.parse(data);
    if (said.type === "cue") console.log(`${said.text}: ${said.plan}, from frame ${said.frame} on`);
    if (said.type === "problem") console.log(said.detail);
    return;
  }
  // Byte 4: the number of the frame; byte 8: the pelvis (m); byte 20: 52 rotations wxyz.
  const view = new DataView(data);
  const height = view.getFloat32(12, true);
  frames += 1;
  if (frames === 45) {
    console.log(`frame ${view.getUint32(4, true)}: the pelvis is ${height.toFixed(2)} m high`);
    socket.close();
  }
};
